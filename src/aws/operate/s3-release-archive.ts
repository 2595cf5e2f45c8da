import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { Pack, ReleaseArchive, ReleaseRecord } from '../../platform/release-archive.js';
import { sha256 } from '../../release/manifest.js';
import { editionSchema, numbersSchema, recordSchema, releaseDamaged, releaseMissing } from '../../release/stored.js';
import type { Bucket } from './bucket.js';
import { changedMeanwhile, readStored, updateStored } from './stored-json.js';

/** Where things lie in the bucket; instances read the same keys. */
export const releaseKeys = {
  record: (release: number) => `releases/${release}/release.json`,
  manifest: (release: number) => `releases/${release}/manifest`,
  pack: (number: number) => `releases/packs/${number}.tar.zst`,
  currentEdition: 'editions/current.json',
  numbers: 'releases/numbers.json',
} as const;

/**
 * Releases in a bucket of S3. A release is there once its record is, which is written last and only if there is none;
 * it goes with its record, which is removed first. What concurrent writers could both change is written only if it is
 * still what was read.
 * @param folder on this machine, for staging and for packs that were fetched; what lies in it may be lost
 */
export class S3ReleaseArchive implements ReleaseArchive {
  readonly stagingFolder: string;
  readonly #fetched: string;

  constructor(
    private readonly bucket: Bucket,
    folder: string,
  ) {
    this.stagingFolder = join(folder, 'staging');
    this.#fetched = join(folder, 'packs');
  }

  async list(): Promise<readonly ReleaseRecord[]> {
    const numbers: number[] = [];
    for await (const key of this.bucket.keys('releases/')) {
      const [, number] = /^releases\/([1-9]\d*)\/release\.json$/.exec(key) ?? [];
      if (number !== undefined) numbers.push(Number(number));
    }
    const records = await Promise.all(numbers.sort((a, b) => a - b).map((number) => this.record(number)));
    return records.filter((record) => record !== undefined);
  }

  async manifest(release: number): Promise<string> {
    const record = await this.record(release);
    if (!record) throw releaseMissing(release);
    const found = await this.bucket.read(releaseKeys.manifest(release));
    if (found && sha256(found.text) === record.hash) return found.text;
    throw releaseDamaged(`the manifest of release ${release} is ${found ? 'not the one it was made with' : 'gone'}`);
  }

  async hasPack({ number, size }: Pack): Promise<boolean> {
    return (await this.bucket.size(releaseKeys.pack(number))) === size;
  }

  async packFile(pack: Pack, signal?: AbortSignal): Promise<string> {
    const file = this.#fetchedPath(pack.number);
    if ((await sizeOf(file)) === pack.size) return file;
    await mkdir(this.#fetched, { recursive: true });
    await this.bucket.download(releaseKeys.pack(pack.number), file, signal);
    if ((await sizeOf(file)) === pack.size) return file;
    throw releaseDamaged(`pack ${pack.number} is missing or cut off`);
  }

  async claimNumber(): Promise<number> {
    const { last } = await updateStored(this.bucket, releaseKeys.numbers, numbersSchema, async (found) => {
      // Should the record be lost, numbers still do not come again while their releases are there.
      const newest = (await this.list()).at(-1)?.number ?? 0;
      return { last: Math.max(found?.last ?? 0, newest) + 1 };
    });
    return last;
  }

  async addPack({ number, sha256: hash }: Pack, file: string): Promise<void> {
    await this.bucket.upload(releaseKeys.pack(number), file, hash);
    await mkdir(this.#fetched, { recursive: true });
    await rename(file, this.#fetchedPath(number));
  }

  async addRelease(record: ReleaseRecord, manifest: string): Promise<void> {
    const text = JSON.stringify(record);
    await this.bucket.write(releaseKeys.manifest(record.number), manifest, undefined);
    const key = releaseKeys.record(record.number);
    if ((await this.bucket.write(key, text, { absent: true })) !== undefined) return;
    // Written before, by an attempt whose answer was lost.
    if ((await this.bucket.read(key))?.text === text) return;
    throw changedMeanwhile(this.bucket.placeOf(key));
  }

  async currentEdition(): Promise<Edition | undefined> {
    return readStored(this.bucket, releaseKeys.currentEdition, editionSchema);
  }

  async setCurrentEdition(edition: Edition | undefined): Promise<void> {
    const key = releaseKeys.currentEdition;
    if (!edition) return this.bucket.remove(key);
    const text = JSON.stringify(edition);
    const found = await this.bucket.read(key);
    const written = await this.bucket.write(key, text, found ? { tag: found.tag } : { absent: true });
    if (written !== undefined || (await this.bucket.read(key))?.text === text) return;
    throw changedMeanwhile(this.bucket.placeOf(key));
  }

  async remove(release: number): Promise<void> {
    await this.bucket.remove(releaseKeys.record(release));
    await this.sweep();
  }

  async sweep(): Promise<void> {
    const records = await this.list();
    const named = new Set<string>([
      releaseKeys.numbers,
      ...records.flatMap(({ packs }) => packs.map(({ number }) => releaseKeys.pack(number))),
      ...records.map(({ number }) => releaseKeys.manifest(number)),
      ...records.map(({ number }) => releaseKeys.record(number)),
    ]);
    for await (const key of this.bucket.keys('releases/')) if (!named.has(key)) await this.bucket.remove(key);
    await this.#forgetFetched(named);
  }

  async #forgetFetched(named: ReadonlySet<string>): Promise<void> {
    for (const name of (await readdir(this.#fetched).catch(orNothing)) ?? []) {
      if (!named.has(releaseKeys.pack(Number.parseInt(name, 10)))) await rm(join(this.#fetched, name), { force: true });
    }
  }

  async record(release: number): Promise<ReleaseRecord | undefined> {
    return readStored(this.bucket, releaseKeys.record(release), recordSchema);
  }

  #fetchedPath(number: number): string {
    return join(this.#fetched, `${number}.tar.zst`);
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(orNothing))?.size;
}

function orNothing(error: unknown): undefined {
  if (!hasErrno(error, 'ENOENT')) throw error;
}
