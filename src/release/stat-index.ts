import { readFile, writeFile } from 'node:fs/promises';
import { hasErrno } from '../output/errors.js';
import { type ByPath, PathMap, plainText } from './path-map.js';
import { changedMs, type TreeFile } from './tree.js';

/** The identities that dev's files had when the newest release was staged, by path. */
export type StatIndex = ByPath<string>;

/** What an index belongs to: only together with this release's manifest does it say what a file contains. */
export interface IndexScope {
  readonly documentRoot: string;
  /** The release's hash. */
  readonly release: string;
}

/**
 * A change that follows another within one tick of the file system's clock leaves no trace in the times. Linux's own
 * file systems tick every 10 ms at most; 50 allows for a server's clock. Those that keep whole seconds tick every 2 s
 * at most.
 */
const tickMs = 50;
const coarseTickMs = 2_000;

/** From when on (ms since 1970) a read shows a content that no later change can share its times with. */
export function settledAt(file: Pick<TreeFile, 'identity'>): number {
  const changed = changedMs(file);
  return changed + (changed % 1000 === 0 ? coarseTickMs : tickMs);
}

const heading = ({ documentRoot, release }: IndexScope) =>
  `understudy-index 1 ${release} ${JSON.stringify(documentRoot)}`;

/** Reads an index. It only saves work: one that is missing, damaged or belongs to something else is empty. */
export async function readStatIndex(file: string, scope: IndexScope): Promise<StatIndex> {
  const index = new PathMap(plainText);
  let text: Buffer;
  try {
    text = await readFile(file);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return index;
    throw error;
  }
  let start = text.indexOf('\n') + 1;
  if (text.toString('utf8', 0, start) !== `${heading(scope)}\n`) return index;
  for (let end = text.indexOf('\n', start); end >= 0; end = text.indexOf('\n', start)) {
    const [identity, path] = text.toString('utf8', start, end).split('\t');
    if (identity && path) index.set(path, identity);
    start = end + 1;
  }
  return index;
}

/** Not durable, and not at once: to be written aside and renamed. */
export async function writeStatIndex(
  file: string,
  scope: IndexScope,
  index: Iterable<readonly [path: string, identity: string]>,
): Promise<void> {
  await writeFile(file, inChunks(heading(scope), index), { mode: 0o600 });
}

function* inChunks(first: string, index: Iterable<readonly [string, string]>): Generator<string> {
  let chunk = `${first}\n`;
  for (const [path, identity] of index) {
    chunk += `${identity}\t${path}\n`;
    if (chunk.length < 64 * 1024) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}
