import { join } from 'node:path';
import type { Component, Pack, ReleaseArchive, ReleaseRecord } from '../platform/release-archive.js';
import type { Contents } from './contents.js';
import {
  type Draft,
  type DraftFile,
  type FileEntry,
  formatManifest,
  type Manifest,
  readManifest,
  sha256,
} from './manifest.js';
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

/**
 * Packs what no pack holds yet and stores the release. The order makes a crash harmless: the number is taken for good
 * first, the pack is whole before a manifest names it, and the release appears last, at once.
 */
export async function storeRelease(
  draft: Draft,
  { archive, held, contents, work, spool, newest, signal }: Workshop,
): Promise<{ readonly release: ReleaseRecord; readonly manifest: Manifest }> {
  const number = await archive.claimNumber();
  const files = await assignPacks(draft, number, held);
  const kept = files.filter(({ pack }) => pack !== number);
  const fresh = files.filter(({ pack }) => pack === number);
  const wholly = packsWholly(kept, fresh, held.packs);
  if (wholly) {
    const missing = kept.filter(({ path }) => !contents.isSpooled(path));
    await fetchAll(missing, { archive, held, work, spool, signal });
  }
  const placed = wholly ? files.map((file) => ({ ...file, pack: number })) : files;

  const toPack = wholly ? placed : fresh;
  const pack = toPack.length === 0 ? undefined : await addPack(toPack, number, { archive, work, spool, signal });
  const text = formatManifest([...draft.filter((entry) => entry.type !== 'f'), ...placed]);
  const release: ReleaseRecord = {
    number,
    hash: sha256(text),
    files: placed.length,
    bytes: bytesOf(placed),
    createdAt: new Date().toISOString(),
    packs: namedPacks(placed, pack, held.packs),
    components: componentsOf(placed, contents, held, newest),
  };
  signal?.throwIfAborted();
  await archive.addRelease(release, text);
  return { release, manifest: [...readManifest(text)] };
}

async function assignPacks(draft: Draft, number: number, held: HeldContents): Promise<FileEntry[]> {
  const files = draft.filter((entry) => entry.type === 'f');
  const unknown = new Map(
    files.filter(({ path, hash }) => held.packOf(path, hash) === undefined).map(({ path, hash }) => [path, hash]),
  );
  const older = await held.findOlder(unknown);
  return files.map((file) => ({ ...file, pack: held.packOf(file.path, file.hash) ?? older.get(file.path) ?? number }));
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

function bytesOf(files: readonly DraftFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
