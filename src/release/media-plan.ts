import { hasErrno, refusal } from '../output/errors.js';
import type { FileChange, FileChanges } from '../platform/releases.js';
import { byBytes } from './names.js';
import { notReleasable, type Problem } from './problems.js';
import { modifiedMs, type Tree, type TreeEntry } from './tree.js';
import { walkTree } from './walk.js';

/** Dev's uploads, and prod's copy of them. */
export interface MediaFolders {
  readonly dev: string;
  readonly prod: string;
}

/** Below prod's media: what waits for the switch, and what the switch has replaced. Servers must not hand them out. */
export const incomingFolder = '.understudy-incoming';
export const previousFolder = '.understudy-previous';

export const mediaRemedy = "Media are files in folders. Repair or remove it in dev's uploads.";

/** File systems and copies keep times more coarsely than they tell them. */
const sameTimeMs = 1;

/**
 * Tells what prod's media lack, by size and time of modification; a copy keeps its time. Both folders are walked at
 * once; one that prod does not have yet is empty.
 * @throws code `not-releasable` for links, special files and a path that is a file here and a folder there;
 *   `media-missing` if dev has no folder of uploads any more but prod has media, which a plan would delete
 */
export async function planMedia({ dev, prod }: MediaFolders, signal?: AbortSignal): Promise<FileChanges> {
  const [there, here] = await Promise.all([walkMedia(dev, signal), walkMedia(prod, signal)]);
  const old = here?.tree ?? new Map<string, TreeEntry>();
  if (!there && old.size > 0) throw missing(dev, old.size);
  const wanted = there?.tree ?? new Map<string, TreeEntry>();
  const problems = [...(there?.problems ?? []), ...typeProblems(wanted, old)];
  if (problems.length > 0) {
    throw notReleasable(problems, mediaRemedy);
  }
  return {
    added: changes(wanted, (path, to) => (old.has(path) ? undefined : { path, from: 0, to: sizeOf(to) })),
    changed: changes(wanted, (path, to) => {
      const from = old.get(path);
      return from && !isSameMedia(from, to) ? { path, from: sizeOf(from), to: sizeOf(to) } : undefined;
    }),
    deleted: changes(old, (path, from) => (wanted.has(path) ? undefined : { path, from: sizeOf(from), to: 0 })),
  };
}

/** Whether one can be taken for a copy of the other. */
export function isSameMedia(a: TreeEntry, b: TreeEntry): boolean {
  if (a.type !== 'f' || b.type !== 'f') return a.type === b.type;
  return a.size === b.size && Math.abs(modifiedMs(a) - modifiedMs(b)) < sameTimeMs;
}

async function walkMedia(folder: string, signal: AbortSignal | undefined) {
  try {
    return await walkTree(folder, { skip: (path) => path === incomingFolder || path === previousFolder, signal });
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function typeProblems(wanted: Tree, old: Tree): Problem[] {
  const problems: Problem[] = [];
  for (const [path, { type }] of wanted) {
    const before = old.get(path)?.type;
    if (type === 'l') problems.push({ path, what: 'is a symbolic link' });
    else if (before && before !== type)
      problems.push({ path, what: `is ${named[type]} in dev and ${named[before]} in prod` });
  }
  return problems;
}

const named = { f: 'a file', d: 'a folder', l: 'a symbolic link' } as const;

function changes(
  tree: Tree,
  change: (path: string, entry: TreeEntry) => FileChange | undefined,
): readonly FileChange[] {
  const found: FileChange[] = [];
  for (const [path, entry] of tree) {
    const each = entry.type === 'd' ? undefined : change(path, entry);
    if (each) found.push(each);
  }
  return found.sort((a, b) => byBytes(a.path, b.path));
}

function sizeOf(entry: TreeEntry): number {
  return entry.type === 'f' ? entry.size : 0;
}

function missing(folder: string, count: number) {
  return refusal({
    code: 'media-missing',
    message: `Dev's uploads, ${folder}, are not there, and prod has ${count} paths of media.`,
    remedy: 'Mount or restore the folder. If there are to be no media any more, create it empty.',
  });
}
