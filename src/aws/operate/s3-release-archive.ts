import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ZodType } from 'zod';
import { hasErrno, UnderstudyError } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { Pack, ReleaseArchive, ReleaseRecord } from '../../platform/release-archive.js';
import { sha256 } from '../../release/manifest.js';
import { editionSchema, numbersSchema, recordSchema, releaseDamaged, releaseMissing } from '../../release/stored.js';
import type { Bucket } from './bucket.js';

/** Where things lie in the bucket; instances read the same keys. */
export const releaseKeys = {
  record: (release: number) => `releases/${release}/release.json`,
  manifest: (release: number) => `releases/${release}/manifest`,
  pack: (number: number) => `packs/${number}.tar.zst`,
  currentEdition: 'current-edition.json',
  numbers: 'release-numbers.json',
} as const;

/** Somebody else may be writing at the same moment; nobody does for long. */
const tries = 10;

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
    const records = await Promise.all(numbers.sort((a, b) => a - b).map((number) => this.#record(number)));
    return records.filter((record) => record !== undefined);
  }

  async manifest(release: number): Promise<string> {
    const record = await this.#record(release);
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
    for (let turn = 0; turn < tries; turn++) {
      const found = await this.bucket.read(releaseKeys.numbers);
      const { last } = found ? parse(found.text, numbersSchema, this.bucket.placeOf(releaseKeys.numbers)) : { last: 0 };
      // Should the record be lost, numbers still do not come again while their releases are there.
      const next = Math.max(last, (await this.list()).at(-1)?.number ?? 0) + 1;
      const condition = found ? { tag: found.tag } : ({ absent: true } as const);
      if ((await this.bucket.write(releaseKeys.numbers, JSON.stringify({ last: next }), condition)) !== undefined)
        return next;
    }
    throw contended(this.bucket.placeOf(releaseKeys.numbers));
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
    throw contended(this.bucket.placeOf(key));
  }

  async currentEdition(): Promise<Edition | undefined> {
    const found = await this.bucket.read(releaseKeys.currentEdition);
    return found && parse(found.text, editionSchema, this.bucket.placeOf(releaseKeys.currentEdition));
  }

  async setCurrentEdition(edition: Edition | undefined): Promise<void> {
    const key = releaseKeys.currentEdition;
    if (!edition) return this.bucket.remove(key);
    const text = JSON.stringify(edition);
    const found = await this.bucket.read(key);
    const written = await this.bucket.write(key, text, found ? { tag: found.tag } : { absent: true });
    if (written !== undefined || (await this.bucket.read(key))?.text === text) return;
    throw contended(this.bucket.placeOf(key));
  }

  async remove(release: number): Promise<void> {
    await this.bucket.remove(releaseKeys.record(release));
    await this.sweep();
  }

  async sweep(): Promise<void> {
    const records = await this.list();
    const named = new Set<string>([
      ...records.flatMap(({ packs }) => packs.map(({ number }) => releaseKeys.pack(number))),
      ...records.map(({ number }) => releaseKeys.manifest(number)),
      ...records.map(({ number }) => releaseKeys.record(number)),
    ]);
    for (const below of ['packs/', 'releases/']) {
      for await (const key of this.bucket.keys(below)) if (!named.has(key)) await this.bucket.remove(key);
    }
    await this.#forgetFetched(named);
  }

  async #forgetFetched(named: ReadonlySet<string>): Promise<void> {
    for (const name of (await readdir(this.#fetched).catch(orNothing)) ?? []) {
      if (!named.has(`packs/${basename(name)}`)) await rm(join(this.#fetched, name), { force: true });
    }
  }

  async #record(release: number): Promise<ReleaseRecord | undefined> {
    const key = releaseKeys.record(release);
    const found = await this.bucket.read(key);
    return found && parse(found.text, recordSchema, this.bucket.placeOf(key));
  }

  #fetchedPath(number: number): string {
    return join(this.#fetched, `${number}.tar.zst`);
  }
}

/** @throws code `state-unreadable` */
function parse<T>(text: string, schema: ZodType<T>, place: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UnderstudyError({
      code: 'state-unreadable',
      message: `${place} cannot be understood.`,
      remedy: 'It is written by this program alone; put back an earlier version of it, which the bucket keeps.',
      cause,
    });
  }
}

const contended = (place: string) =>
  new UnderstudyError({
    code: 'changed-meanwhile',
    message: `Somebody else has changed ${place} meanwhile.`,
    remedy: 'Look who else promotes this site, and run the command again.',
  });

async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(orNothing))?.size;
}

function orNothing(error: unknown): undefined {
  if (!hasErrno(error, 'ENOENT')) throw error;
}
