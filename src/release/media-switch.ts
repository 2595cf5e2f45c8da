import { link, lstat, mkdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasErrno } from '../output/errors.js';
import type { FileChange, FileChanges } from '../platform/releases.js';
import { forEachInFlight } from './jobs.js';
import { incomingFolder, previousFolder } from './media-plan.js';

/**
 * Puts the changed media in place, at the switch. Each is one rename, so a visitor gets the old file or the new one;
 * the old one is kept until `finishMedia`. May be repeated, and finishes what a crash has interrupted.
 * @param prod prod's media folder
 */
export async function applyMedia(prod: string, { changed }: FileChanges): Promise<void> {
  await exchange(prod, changed, { from: incomingFolder, keepIn: previousFolder });
}

/**
 * Takes `applyMedia` back: the old files are in place again, the new ones wait as before. May be repeated, and is
 * right after any part of `applyMedia`.
 */
export async function revertMedia(prod: string, { changed }: FileChanges): Promise<void> {
  await exchange(prod, changed, { from: previousFolder, keepIn: incomingFolder });
}

/**
 * Ends a promotion: removes what dev no longer has, and the old files that were kept. From here on there is no way
 * back. May be repeated.
 */
export async function finishMedia(prod: string, { deleted }: FileChanges): Promise<void> {
  await forEachInFlight(deleted, async ({ path }) => rm(join(prod, path), { force: true }));
  await removeEmptied(prod, deleted);
  await rm(join(prod, incomingFolder), { recursive: true, force: true });
  await rm(join(prod, previousFolder), { recursive: true, force: true });
}

/**
 * Moves each file that lies in `from` to its place, keeping the one that was there in `keepIn`. The same both ways,
 * so going back is going forth with the folders exchanged.
 */
async function exchange(
  prod: string,
  files: readonly FileChange[],
  { from, keepIn }: { readonly from: string; readonly keepIn: string },
): Promise<void> {
  await forEachInFlight(files, async ({ path }) => {
    const place = join(prod, path);
    const coming = join(prod, from, path);
    const kept = join(prod, keepIn, path);
    const comingInode = await inodeOf(coming);
    // Done already, or there never was one.
    if (comingInode === undefined) return;
    if (comingInode === (await inodeOf(place))) {
      // Interrupted before its rename, in the other direction: two names of one file, and nothing was exchanged.
      await unlink(coming);
      return;
    }
    await keep(place, kept);
    await rename(coming, place);
  });
}

/** A second name before the first one goes to another file: at no moment is the old one without a name. */
async function keep(place: string, kept: string): Promise<void> {
  await mkdir(dirname(kept), { recursive: true });
  try {
    await link(place, kept);
  } catch (error) {
    // EEXIST: kept before a crash. ENOENT: somebody removed it from prod, so there is nothing to keep.
    if (!hasErrno(error, 'EEXIST') && !hasErrno(error, 'ENOENT')) throw error;
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await lstat(path, { bigint: true })).ino;
  } catch (error) {
    if (hasErrno(error, 'ENOENT') || hasErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function removeEmptied(prod: string, deleted: readonly FileChange[]): Promise<void> {
  const folders = new Set<string>();
  for (const { path } of deleted) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  }
  const deepestFirst = [...folders].sort((a, b) => b.length - a.length);
  for (const folder of deepestFirst) {
    await rmdir(join(prod, folder)).catch((error) => {
      if (!hasErrno(error, 'ENOTEMPTY') && !hasErrno(error, 'ENOENT')) throw error;
    });
  }
}
