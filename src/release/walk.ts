import { isUtf8 } from 'node:buffer';
import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { hasErrno, messageOf } from '../output/errors.js';
import { type Job, runJobs } from './jobs.js';
import { nameProblem, notUtf8, printable } from './names.js';
import { PathMap } from './path-map.js';
import type { Problem } from './problems.js';
import { isSameEntry, type Tree, type TreeEntry, type TreeFile, treeWording } from './tree.js';

export interface WalkOptions {
  /** Whether to pass over this path, and for a folder over all that is in it. */
  readonly skip: (path: string, isFolder: boolean) => boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Walked {
  readonly tree: Tree;
  /** Names that cannot be written down, special files, folders and links that cannot be read. */
  readonly problems: readonly Problem[];
}

/**
 * Looks at everything below a folder, many paths at a time, without following symbolic links and without opening a
 * file. What vanishes while it walks is left out.
 * @throws what reading the folder itself throws (`ENOENT` if there is none)
 */
export async function walkTree(root: string, options: WalkOptions): Promise<Walked> {
  const tree = new PathMap(treeWording);
  const problems = await visitTree(root, options, (path, entry) => void tree.set(path, entry));
  return { tree, problems };
}

/**
 * Walks a folder again and tells at which paths it is not as it was, sorted. It remembers nothing of what is the same.
 */
export async function changesSince(before: Tree, root: string, options: WalkOptions): Promise<string[]> {
  const changed: string[] = [];
  let same = 0;
  await visitTree(root, options, (path, entry) => {
    if (isSameEntry(entry, before.get(path))) same++;
    else changed.push(path);
  });
  if (changed.length === 0 && same === before.size) return [];
  const { tree } = await walkTree(root, options);
  for (const path of before.keys()) if (!tree.has(path)) changed.push(path);
  return [...new Set(changed)].sort();
}

type Visit = (path: string, entry: TreeEntry) => void;

async function visitTree(root: string, { skip, signal }: WalkOptions, visit: Visit): Promise<readonly Problem[]> {
  const problems: Problem[] = [];

  /** What is gone is nothing; what cannot be read is a problem. */
  const noting = (path: string, look: () => Promise<TreeEntry | Problem | undefined>): Job => {
    return async () => {
      try {
        const found = await look();
        if (found && 'type' in found) visit(path, found);
        else if (found) problems.push(found);
      } catch (error) {
        if (!isGone(error)) problems.push({ path, what: `cannot be read: ${messageOf(error)}` });
      }
    };
  };

  const look = (path: string, dirent: Dirent): Job => {
    const full = `${root}/${path}`;
    if (dirent.isSymbolicLink()) return noting(path, () => readLink(full, path));
    if (dirent.isDirectory()) return (add) => noting(path, () => list(path, add))(add);
    return noting(path, async () => fileOrProblem(await lstat(full, { bigint: true }), path));
  };

  const list = async (folder: string, add: (job: Job) => void): Promise<TreeEntry> => {
    const full = folder === '' ? root : `${root}/${folder}`;
    const entries = await readdir(full, { withFileTypes: true });
    // A name that is not UTF-8 comes with this character in the place of each wrong byte; a right one may have it too.
    if (entries.some(({ name }) => name.includes('\uFFFD'))) await noteWrongNames(full, folder);
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (skip(path, entry.isDirectory())) continue;
      const problem = nameProblem(path);
      if (problem) problems.push({ path: printable(Buffer.from(path)), what: problem });
      else add(look(path, entry));
    }
    return { type: 'd' };
  };

  const noteWrongNames = async (full: string, folder: string) => {
    for (const entry of await readdir(full, { withFileTypes: true, encoding: 'buffer' })) {
      if (isUtf8(entry.name)) continue;
      const path = Buffer.concat([Buffer.from(folder === '' ? '' : `${folder}/`), entry.name]);
      if (!skip(path.toString(), entry.isDirectory())) problems.push({ path: printable(path), what: notUtf8 });
    }
  };

  await runJobs([async (add) => void (await list('', add))], signal);
  return problems;
}

async function readLink(full: string, path: string): Promise<TreeEntry | Problem> {
  const bytes = await readlink(full, { encoding: 'buffer' });
  const target = bytes.toString();
  const problem = isUtf8(bytes) ? nameProblem(target) : notUtf8;
  return problem
    ? { path, what: `is a symbolic link whose target ${printable(bytes)} ${problem}` }
    : { type: 'l', target };
}

function fileOrProblem(stats: BigIntStats, path: string): TreeFile | Problem | undefined {
  if (stats.isFile()) return treeFile(stats);
  // It has become something else since its folder was listed; the next walk sees what.
  if (stats.isDirectory() || stats.isSymbolicLink()) return undefined;
  return { path, what: `is ${kindOf(stats)}` };
}

export function treeFile(stats: BigIntStats): TreeFile {
  return {
    type: 'f',
    size: Number(stats.size),
    executable: (stats.mode & 0o100n) !== 0n,
    // join, not a template: that would keep each part as a string of its own until somebody reads the whole.
    identity: [stats.size, stats.mtimeNs, stats.ctimeNs, stats.ino].join(':'),
  };
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  if (stats.isBlockDevice() || stats.isCharacterDevice()) return 'a device';
  return 'not a regular file';
}

/** What an operation says about a path that is no longer there, or is something else by now. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ESTALE', 'EINVAL', 'ELOOP', 'ENXIO', 'EISDIR'].some((errno) => hasErrno(error, errno));
}
