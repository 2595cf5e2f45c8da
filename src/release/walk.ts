import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { hasErrno, messageOf } from '../output/errors.js';
import { type Job, runJobs } from './jobs.js';
import { nameProblem, printable } from './names.js';
import type { Problem } from './problems.js';
import type { Tree, TreeEntry, TreeFile } from './tree.js';

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
export async function walkTree(root: string, { skip, signal }: WalkOptions): Promise<Walked> {
  const tree = new Map<string, TreeEntry>();
  const problems: Problem[] = [];

  const look = (path: string, dirent: Dirent<Buffer>): Job => {
    const full = `${root}/${path}`;
    const keep = async (read: () => Promise<TreeEntry | Problem | undefined>) => {
      try {
        const found = await read();
        if (!found) return;
        if ('type' in found) tree.set(path, found);
        else problems.push(found);
      } catch (error) {
        if (!isGone(error)) problems.push({ path, what: `cannot be read: ${messageOf(error)}` });
      }
    };
    if (dirent.isSymbolicLink()) return () => keep(() => readLink(full, path));
    if (dirent.isDirectory()) {
      tree.set(path, { type: 'd' });
      return list(path);
    }
    return () => keep(async () => fileOrProblem(await lstat(full, { bigint: true }), path));
  };

  const list =
    (folder: string): Job =>
    async (add) => {
      let entries: Dirent<Buffer>[];
      try {
        entries = await readdir(folder === '' ? root : `${root}/${folder}`, {
          withFileTypes: true,
          encoding: 'buffer',
        });
      } catch (error) {
        if (folder === '') throw error;
        if (isGone(error)) tree.delete(folder);
        else problems.push({ path: folder, what: `cannot be read: ${messageOf(error)}` });
        return;
      }
      for (const entry of entries) {
        const bytes = folder === '' ? entry.name : Buffer.concat([Buffer.from(`${folder}/`), entry.name]);
        const path = bytes.toString();
        if (skip(path, entry.isDirectory())) continue;
        const problem = nameProblem(bytes);
        if (problem) problems.push({ path: printable(bytes), what: problem });
        else add(look(path, entry));
      }
    };

  await runJobs([list('')], signal);
  return { tree, problems };
}

async function readLink(full: string, path: string): Promise<TreeEntry | Problem> {
  const target = await readlink(full, { encoding: 'buffer' });
  const problem = nameProblem(target);
  return problem
    ? { path, what: `is a symbolic link whose target ${printable(target)} ${problem}` }
    : { type: 'l', target: target.toString() };
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
    identity: `${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}:${stats.ino}`,
    modifiedMs: Number(stats.mtimeNs) / 1e6,
    changedMs: Number(stats.ctimeNs) / 1e6,
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
