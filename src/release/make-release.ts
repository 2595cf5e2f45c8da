import { join } from 'node:path';
import type { Component, Pack, ReleaseArchive, ReleaseRecord } from '../platform/release-archive.js';
import type { Contents } from './contents.js';
import { type DraftEntry, type FileEntry, formatManifest, type ManifestEntry, sha256 } from './manifest.js';
import { type HeldContents, packsWholly } from './pack-plan.js';
import { unpackFiles, writePack } from './packs.js';

export interface Workshop {
  readonly archive: ReleaseArchive;
  readonly held: HeldContents;
  readonly contents: Contents;
  /** A folder on the archive's staging disk, emptied by the caller. */
  readonly work: string;
  /** Below it: files that were read, under their paths. */
  readonly spool: string;
  readonly newest: ReleaseRecord | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Everything that a release is to consist of, as often as it is asked for, without being kept. */
export type Draft = () => Iterable<DraftEntry>;

/**
 * Packs what no pack holds yet and stores the release. The order makes a crash harmless: the number is taken for good
 * first, the pack is whole before a manifest names it, and the release appears last, at once.
 */
export async function storeRelease(
  draft: Draft,
  { archive, held, contents, work, spool, newest, signal }: Workshop,
): Promise<{ readonly release: ReleaseRecord; readonly manifest: string }> {
  const number = await archive.claimNumber();
  const entries = await assignPacks(draft, number, held);
  const kept = filesOf(entries).filter(({ pack }) => pack !== number);
  const fresh = filesOf(entries).filter(({ pack }) => pack === number);
  const wholly = packsWholly(kept, fresh, held.packs);
  if (wholly) {
    const missing = kept.filter(({ path }) => !contents.isSpooled(path));
    await fetchAll(missing, { archive, held, work, spool, signal });
  }
  const placed = wholly ? entries.map((entry) => (entry.type === 'f' ? { ...entry, pack: number } : entry)) : entries;
  const files = filesOf(placed);

  const toPack = wholly ? files : fresh;
  const pack = toPack.length === 0 ? undefined : await addPack(toPack, number, { archive, work, spool, signal });
  const manifest = formatManifest(placed);
  const release: ReleaseRecord = {
    number,
    hash: sha256(manifest),
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    createdAt: new Date().toISOString(),
    packs: namedPacks(files, pack, held.packs),
    components: componentsOf(files, contents, held, newest),
  };
  signal?.throwIfAborted();
  await archive.addRelease(release, manifest);
  return { release, manifest };
}

/** What no pack holds goes into the new release's own. */
async function assignPacks(draft: Draft, number: number, held: HeldContents): Promise<ManifestEntry[]> {
  const unknown = new Map<string, string>();
  for (const entry of draft()) {
    if (entry.type === 'f' && held.packOf(entry.path, entry.hash) === undefined) unknown.set(entry.path, entry.hash);
  }
  const older = await held.findOlder(unknown);
  const entries: ManifestEntry[] = [];
  for (const entry of draft()) {
    if (entry.type !== 'f') entries.push(entry);
    else entries.push({ ...entry, pack: held.packOf(entry.path, entry.hash) ?? older.get(entry.path) ?? number });
  }
  return entries;
}

function filesOf(entries: readonly ManifestEntry[]): FileEntry[] {
  return entries.filter((entry) => entry.type === 'f');
}

/** Takes contents that lie in several packs out of them again, to be packed together. Dev is not read for it. */
async function fetchAll(
  files: readonly FileEntry[],
  { archive, held, work, spool, signal }: Pick<Workshop, 'archive' | 'held' | 'work' | 'spool' | 'signal'>,
): Promise<void> {
  const aside = join(work, 'unpacked');
  for (const [number, pack] of held.packs) {
    const wanted = files.filter((file) => file.pack === number);
    if (wanted.length === 0) continue;
    await unpackFiles(await archive.packFile(pack, signal), wanted, { folder: spool, aside, signal });
  }
}

async function addPack(
  files: readonly FileEntry[],
  number: number,
  { archive, work, spool, signal }: Pick<Workshop, 'archive' | 'work' | 'spool' | 'signal'>,
): Promise<Pack> {
  const file = join(work, 'pack.tar.zst');
  const pack = await writePack(file, number, { folder: spool, files, signal });
  await archive.addPack(pack, file);
  return pack;
}

function namedPacks(files: readonly FileEntry[], made: Pack | undefined, held: ReadonlyMap<number, Pack>): Pack[] {
  const numbers = new Set(files.map(({ pack }) => pack));
  return [...held.values(), ...(made ? [made] : [])]
    .filter(({ number }) => numbers.has(number))
    .sort((a, b) => a.number - b.number);
}

/** Versions are read along with the files; of files that were not read, the release before knows them. */
function componentsOf(
  files: readonly FileEntry[],
  contents: Contents,
  held: HeldContents,
  newest: ReleaseRecord | undefined,
): Component[] {
  const before = new Map(newest?.components.map((component) => [component.file, component]));
  return files
    .map(({ path, hash }) => {
      if (contents.isSpooled(path)) return contents.component(path);
      return held.packOf(path, hash) === undefined ? undefined : before.get(path);
    })
    .filter((component) => component !== undefined)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
