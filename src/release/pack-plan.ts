import { hasCode } from '../output/errors.js';
import type { Pack, ReleaseArchive, ReleaseRecord } from '../platform/release-archive.js';
import { type FileEntry, formatManifest, type ManifestEntry, readManifest } from './manifest.js';
import type { ByPath } from './path-map.js';

/** A new instance fetches every pack that its release names, so there may not be too many of them. */
export const mostPacks = 8;

/**
 * Whether the next release gets a single pack with everything in it: if it would need more than 8 packs, or if more
 * than half of the bytes in them would belong to files that it no longer has.
 * @param files of the next release
 * @param fresh the number of the pack for those whose content is in none yet
 * @param packs at least the others that `files` name
 */
export function packsWholly(files: Iterable<FileEntry>, fresh: number, packs: ReadonlyMap<number, Pack>): boolean {
  const named = new Set<number>();
  let live = 0;
  let freshBytes = 0;
  for (const { pack, size } of files) {
    named.add(pack);
    live += size;
    if (pack === fresh) freshBytes += size;
  }
  const all = [...named].reduce((sum, number) => sum + (packs.get(number)?.contentBytes ?? 0), freshBytes);
  return named.size > mostPacks || live * 2 < all;
}

/** The contents that can be had from packs. */
export class HeldContents {
  readonly packs: ReadonlyMap<number, Pack>;
  readonly #newest: ByPath<ManifestEntry>;
  readonly #archive: ReleaseArchive;
  readonly #older: readonly ReleaseRecord[];

  /**
   * @param packs those that are there
   * @param newest the manifest of the newest release, by path
   * @param older the releases before it, the oldest first
   */
  constructor(
    archive: ReleaseArchive,
    packs: ReadonlyMap<number, Pack>,
    newest: ByPath<ManifestEntry>,
    older: readonly ReleaseRecord[],
  ) {
    this.#archive = archive;
    this.packs = packs;
    this.#newest = newest;
    this.#older = older;
  }

  /** Whether there are releases before the newest. */
  get hasOlder(): boolean {
    return this.#older.length > 0;
  }

  /** A file of the newest release, if its content is there. */
  file(path: string): FileEntry | undefined {
    const entry = this.#newest.get(path);
    return entry?.type === 'f' && this.packs.has(entry.pack) ? entry : undefined;
  }

  /** Which pack holds a file of the newest release. */
  packOf(path: string, hash: string): number | undefined {
    const file = this.file(path);
    return file?.hash === hash ? file.pack : undefined;
  }

  /**
   * Looks in the releases before the newest: an edit that was taken back is in one of them.
   * @param wanted path → hash
   * @returns path → pack, for what was found
   */
  async findOlder(wanted: ByPath<string>): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (const { number } of this.#older.toReversed()) {
      if (found.size === wanted.size) break;
      for (const entry of readManifest(await this.#manifestOf(number))) {
        if (entry.type !== 'f' || wanted.get(entry.path) !== entry.hash || found.has(entry.path)) continue;
        if (this.packs.has(entry.pack)) found.set(entry.path, entry.pack);
      }
    }
    return found;
  }

  /** A damaged one has nothing to offer; what it held is packed once more. */
  async #manifestOf(release: number): Promise<string> {
    try {
      return await this.#archive.manifest(release);
    } catch (error) {
      if (hasCode(error, 'release-damaged')) return formatManifest([]);
      throw error;
    }
  }
}

/** The packs of all releases that are really there, by number. */
export async function packsThatAreThere(
  archive: ReleaseArchive,
  records: readonly ReleaseRecord[],
): Promise<ReadonlyMap<number, Pack>> {
  const packs = new Map<number, Pack>();
  for (const pack of records.flatMap((record) => record.packs)) {
    if (!packs.has(pack.number) && (await archive.hasPack(pack))) packs.set(pack.number, pack);
  }
  return packs;
}
