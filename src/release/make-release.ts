import { join } from 'node:path';
import type { Component, Pack, ReleaseArchive, ReleaseRecord } from '../platform/release-archive.js';
import type { Contents } from './contents.js';
import { type DraftEntry, type FileEntry, formatManifest, type ManifestEntry, sha256 } from './manifest.js';
import { type HeldContents, packsWholly } from './pack-plan.js';
import { unpackFiles, writePack } from './packs.js';
import { PathMap, plainText } from './path-map.js';

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
  const older = await findOlder(draft, held);
  /** Made anew each time it is asked for: of 200,000 files, the objects alone would take 50 MB. */
  function* entries(wholly: boolean): Generator<ManifestEntry> {
    for (const entry of draft()) {
      if (entry.type !== 'f') yield entry;
      else if (wholly) yield { ...entry, pack: number };
      else yield { ...entry, pack: held.packOf(entry.path, entry.hash) ?? older.get(entry.path) ?? number };
    }
  }
  const wholly = packsWholly(filesOf(entries(false)), number, held.packs);
  if (wholly) await fetchAll(() => filesOf(entries(false)), number, { archive, held, contents, work, spool, signal });

  const pack = await addPack(() => filesOf(entries(wholly), number), number, { archive, work, spool, signal });
  const manifest = formatManifest(entries(wholly));
  const totals = sumUp(filesOf(entries(wholly)), { contents, held, newest });
  const release: ReleaseRecord = {
    number,
    hash: sha256(manifest),
    files: totals.files,
    bytes: totals.bytes,
    createdAt: new Date().toISOString(),
    packs: [...held.packs.values(), ...(pack ? [pack] : [])]
      .filter((each) => totals.packs.has(each.number))
      .sort((a, b) => a.number - b.number),
    components: totals.components,
  };
  signal?.throwIfAborted();
  await archive.addRelease(release, manifest);
  return { release, manifest };
}

/** Which older pack holds what the newest release does not have. */
async function findOlder(draft: Draft, held: HeldContents): Promise<ReadonlyMap<string, number>> {
  if (!held.hasOlder) return new Map();
  const unknown = new PathMap(plainText);
  for (const entry of draft()) {
    if (entry.type === 'f' && held.packOf(entry.path, entry.hash) === undefined) unknown.set(entry.path, entry.hash);
  }
  return held.findOlder(unknown);
}

/** @param pack only those in this one; default: all */
function* filesOf(entries: Iterable<ManifestEntry>, pack?: number): Generator<FileEntry> {
  for (const entry of entries) if (entry.type === 'f' && (pack ?? entry.pack) === entry.pack) yield entry;
}

/** Takes contents that lie in several packs out of them again, to be packed together. Dev is not read for it. */
async function fetchAll(
  files: () => Iterable<FileEntry>,
  fresh: number,
  { archive, held, contents, work, spool, signal }: Omit<Workshop, 'newest'>,
): Promise<void> {
  const aside = join(work, 'unpacked');
  for (const [number, pack] of held.packs) {
    if (number === fresh) continue;
    const wanted: FileEntry[] = [];
    for (const file of files()) if (file.pack === number && !contents.isSpooled(file.path)) wanted.push(file);
    if (wanted.length === 0) continue;
    await unpackFiles(await archive.packFile(pack, signal), wanted, { folder: spool, aside, signal });
  }
}

/** @returns undefined if there is nothing to pack */
async function addPack(
  files: () => Iterable<FileEntry>,
  number: number,
  { archive, work, spool, signal }: Pick<Workshop, 'archive' | 'work' | 'spool' | 'signal'>,
): Promise<Pack | undefined> {
  const [first] = files();
  if (!first) return undefined;
  const file = join(work, 'pack.tar.zst');
  const pack = await writePack(file, number, { folder: spool, files, signal });
  await archive.addPack(pack, file);
  return pack;
}

/** Versions are read along with the files; of files that were not read, the release before knows them. */
function sumUp(files: Iterable<FileEntry>, { contents, held, newest }: Pick<Workshop, 'contents' | 'held' | 'newest'>) {
  const before = new Map(newest?.components.map((component) => [component.file, component]));
  const packs = new Set<number>();
  const components: Component[] = [];
  const totals = { files: 0, bytes: 0, packs, components };
  for (const { path, hash, size, pack } of files) {
    totals.files++;
    totals.bytes += size;
    packs.add(pack);
    const isHeld = !contents.isSpooled(path) && held.packOf(path, hash) !== undefined;
    const component = isHeld ? before.get(path) : contents.component(path);
    if (component) components.push(component);
  }
  components.sort((a, b) => (a.id < b.id ? -1 : 1));
  return totals;
}
