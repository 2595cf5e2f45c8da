import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { Pack, ReleaseArchive, ReleaseRecord } from '../../platform/release-archive.js';
import { sha256 } from '../../release/manifest.js';
import { editionSchema, numbersSchema, recordSchema, releaseDamaged, releaseMissing } from '../../release/stored.js';
import { flushFolder, readJson, writeFileAtomic, writeJson } from '../../state/atomic-file.js';

/** Where releases lie, and each, for what unpacks it on an instance. */
export const releasePaths = {
  releases: (folder: string) => join(folder, 'releases'),
  manifest: (folder: string, release: number) => join(folder, 'releases', String(release), 'manifest'),
  packs: (folder: string) => join(folder, 'packs'),
} as const;

/**
 * Releases in a folder of this machine:
 *
 *     releases/N/manifest, releases/N/release.json    a release; it appears and disappears by a rename
 *     packs/N.tar.zst                                 what release N brought
 *     current-edition.json                            what prod is to serve
 *     release-numbers.json                            the last number that was given away
 *     staging/                                        scratch
 *
 * @param folder the site's state directory
 */
export function localReleaseArchive(folder: string): ReleaseArchive {
  return new LocalReleaseArchive(folder);
}

class LocalReleaseArchive implements ReleaseArchive {
  readonly stagingFolder: string;
  readonly #releases: string;
  readonly #packs: string;
  readonly #edition: string;
  readonly #numbers: string;

  constructor(folder: string) {
    this.stagingFolder = join(folder, 'staging');
    this.#releases = releasePaths.releases(folder);
    this.#packs = releasePaths.packs(folder);
    this.#edition = join(folder, 'current-edition.json');
    this.#numbers = join(folder, 'release-numbers.json');
  }

  async list(): Promise<readonly ReleaseRecord[]> {
    const numbers = (await namesIn(this.#releases)).filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
    const records = await Promise.all(numbers.sort((a, b) => a - b).map((number) => this.#record(number)));
    return records.filter((record) => record !== undefined);
  }

  async manifest(release: number): Promise<string> {
    const record = await this.#record(release);
    if (!record) throw releaseMissing(release);
    const text = await readFile(join(this.#releases, String(release), 'manifest'), 'utf8').catch(orNothing);
    if (text !== undefined && sha256(text) === record.hash) return text;
    throw releaseDamaged(
      `the manifest of release ${release} is ${text === undefined ? 'gone' : 'not the one it was made with'}`,
    );
  }

  async hasPack(pack: Pack): Promise<boolean> {
    const stats = await stat(this.#packPath(pack.number)).catch(orNothing);
    return stats?.size === pack.size;
  }

  async packFile(pack: Pack): Promise<string> {
    if (await this.hasPack(pack)) return this.#packPath(pack.number);
    throw releaseDamaged(`pack ${pack.number} is missing or cut off`);
  }

  async claimNumber(): Promise<number> {
    const { last } = (await readJson(this.#numbers, numbersSchema)) ?? { last: 0 };
    // Should the record be lost, numbers still do not come again while their releases are there.
    const records = await this.list();
    const next = Math.max(last, records.at(-1)?.number ?? 0) + 1;
    await writeJson(this.#numbers, { last: next });
    return next;
  }

  async addPack(pack: Pack, file: string): Promise<void> {
    await mkdir(this.#packs, { recursive: true });
    await rename(file, this.#packPath(pack.number));
    await flushFolder(this.#packs);
  }

  async addRelease(record: ReleaseRecord, manifest: string): Promise<void> {
    const aside = join(this.#releases, `.new-${record.number}`);
    await rm(aside, { recursive: true, force: true });
    await writeFileAtomic(join(aside, 'manifest'), manifest);
    await writeJson(join(aside, 'release.json'), record);
    await rename(aside, join(this.#releases, String(record.number)));
    await flushFolder(this.#releases);
  }

  async currentEdition(): Promise<Edition | undefined> {
    return readJson(this.#edition, editionSchema);
  }

  async setCurrentEdition(edition: Edition | undefined): Promise<void> {
    if (edition) return writeJson(this.#edition, edition);
    await rm(this.#edition, { force: true });
    await flushFolder(join(this.#edition, '..'));
  }

  async remove(release: number): Promise<void> {
    const going = join(this.#releases, `.removed-${release}`);
    await rename(join(this.#releases, String(release)), going).catch(orNothing);
    await this.sweep();
  }

  async sweep(): Promise<void> {
    const records = await this.list();
    const named = new Set(records.flatMap(({ packs }) => packs.map(({ number }) => `${number}.tar.zst`)));
    for (const name of await namesIn(this.#releases)) {
      if (/^\.(new|removed)-\d+$/.test(name)) await rm(join(this.#releases, name), { recursive: true });
    }
    for (const name of await namesIn(this.#packs)) {
      if (/^\d+\.tar\.zst$/.test(name) && !named.has(name)) await rm(join(this.#packs, name));
    }
  }

  async #record(release: number): Promise<ReleaseRecord | undefined> {
    return readJson(join(this.#releases, String(release), 'release.json'), recordSchema);
  }

  #packPath(number: number): string {
    return join(this.#packs, `${number}.tar.zst`);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(orNothing)) ?? [];
}

/** For what may be missing: the error goes on if it is another one. */
function orNothing(error: unknown): undefined {
  if (!hasErrno(error, 'ENOENT')) throw error;
}
