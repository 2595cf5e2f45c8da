import { readFile } from 'node:fs/promises';
import { hasErrno } from '../output/errors.js';
import { writeFileAtomic } from '../state/atomic-file.js';
import type { TreeFile } from './tree.js';

/** The hash of a file's content, for as long as the file keeps this identity. */
export interface KnownContent {
  readonly identity: string;
  readonly hash: string;
}

/** What the previous staging read, by path. */
export type StatIndex = ReadonlyMap<string, KnownContent>;

/**
 * A change that follows another within one tick of the file system's clock leaves no trace in the times. Linux's own
 * file systems tick every 10 ms at most; 50 allows for a server's clock. Those that keep whole seconds tick every 2 s
 * at most.
 */
const tickMs = 50;
const coarseTickMs = 2_000;

/** From when on (ms since 1970) a read shows a content that no later change can share its times with. */
export function settledAt({ changedMs }: Pick<TreeFile, 'changedMs'>): number {
  return changedMs + (changedMs % 1000 === 0 ? coarseTickMs : tickMs);
}

const heading = (documentRoot: string) => `understudy-index 1 ${JSON.stringify(documentRoot)}`;

/**
 * Reads the index of a document root. It only saves work: one that is missing, damaged or of another document root
 * is empty.
 */
export async function readStatIndex(file: string, documentRoot: string): Promise<StatIndex> {
  const index = new Map<string, KnownContent>();
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return index;
    throw error;
  }
  const lines = text.split('\n');
  if (lines[0] !== heading(documentRoot)) return index;
  for (const line of lines.slice(1)) {
    const [identity, hash, path] = line.split('\t');
    if (identity && hash && path) index.set(path, { identity, hash });
  }
  return index;
}

export async function writeStatIndex(file: string, documentRoot: string, index: StatIndex): Promise<void> {
  const lines = [heading(documentRoot)];
  for (const [path, { identity, hash }] of index) lines.push(`${identity}\t${hash}\t${path}`);
  await writeFileAtomic(file, `${lines.join('\n')}\n`, { mode: 0o600 });
}
