import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../output/errors.js';
import type { Report } from '../output/messages.js';
import type { Component } from '../platform/release-archive.js';
import { mayStateVersion, statedVersion, versionHeadBytes } from './components.js';
import { copyContent } from './copy-content.js';
import { forEachInFlight } from './jobs.js';
import { PathMap, type Wording } from './path-map.js';
import type { Problem } from './problems.js';
import { requireRoom } from './room.js';
import { type StatIndex, settledAt } from './stat-index.js';
import { modifiedMs, type Tree, type TreeFile } from './tree.js';
import { isGone } from './walk.js';

/** A file's content, as read in this staging. */
interface ReadContent {
  readonly identity: string;
  /** SHA-256 in hex. */
  readonly hash: string;
  /** Whether a later change is sure to change the identity too. */
  readonly settled: boolean;
}

const readWording: Wording<ReadContent> = {
  text: ({ identity, hash, settled }) => `${hash}${settled ? '+' : '-'}${identity}`,
  value: (text) => ({ hash: text.slice(0, 64), settled: text[64] === '+', identity: text.slice(65) }),
};

export interface ReadResult {
  /** Files that were read. */
  readonly count: number;
  /** Files that were gone or had become something else. */
  readonly changed: readonly string[];
  readonly problems: readonly Problem[];
}

export interface ContentsOptions {
  readonly documentRoot: string;
  /** A folder of our own, in which each file that is read is left under its path. */
  readonly spool: string;
  readonly index: StatIndex;
  /** The hash that a file of the index had, if its content can be had without reading it. */
  readonly heldHash: (path: string) => string | undefined;
  readonly report: Report;
  readonly signal?: AbortSignal | undefined;
}

/** Knows the content of dev's files, and reads each at most once while it stays the same. */
export class Contents {
  readonly #options: ContentsOptions;
  #read = new PathMap(readWording);
  /** Of the files that were read, those that state a version. */
  readonly #components = new Map<string, Component>();
  readonly #folders = new Set<string>();

  constructor(options: ContentsOptions) {
    this.#options = options;
  }

  /**
   * Reads the files of a tree whose content is not known, many at a time, into the spool.
   * @throws code `disk-full` before anything is written, if there is not room for them
   */
  async read(tree: Tree): Promise<ReadResult> {
    const { signal, report, spool } = this.#options;
    await this.#startOverOnConflict(tree);
    const wanted = this.#wanted(tree);
    if (wanted.count === 0) return { count: 0, changed: [], problems: [] };
    // Written twice: into the spool, and from there into a pack.
    await requireRoom(spool, 2 * wanted.bytes, 'Staging');
    await settle(wanted.settledAt, signal);
    const startedAt = Date.now();
    const changed: string[] = [];
    const problems: Problem[] = [];
    let done = 0;
    const readOne = async ([path, file]: readonly [string, TreeFile]) => {
      try {
        const isWhole = await this.#copy(path, file, startedAt >= settledAt(file));
        if (!isWhole) changed.push(path);
      } catch (error) {
        if (isOurs(error, spool)) throw error;
        if (isGone(error)) changed.push(path);
        else problems.push({ path, what: `cannot be read: ${messageOf(error)}` });
      }
      if (++done % 250 === 0) report({ kind: 'progress', task: 'stage', done, total: wanted.count, unit: 'files' });
    };
    await forEachInFlight(this.#unknown(tree), readOne, signal);
    return { count: wanted.count, changed, problems };
  }

  /** The hash of a file that `read` has seen in a tree. */
  hash(path: string, file: TreeFile): string {
    const hash = this.#hashOf(path, file);
    if (hash === undefined) throw new Error(`${path} has not been read.`);
    return hash;
  }

  /** Whether this staging had to read a file. */
  get hasRead(): boolean {
    return this.#read.size > 0;
  }

  /** Whether the file lies in the spool. */
  isSpooled(path: string): boolean {
    return this.#read.has(path);
  }

  component(path: string): Component | undefined {
    return this.#components.get(path);
  }

  /** What the next staging need not read again. */
  *index(tree: Tree): Generator<readonly [path: string, identity: string]> {
    for (const [path, entry] of tree) {
      if (entry.type === 'f' && this.#read.get(path)?.settled !== false) yield [path, entry.identity];
    }
  }

  #hashOf(path: string, { identity }: TreeFile): string | undefined {
    const read = this.#read.get(path);
    if (read) return read.identity === identity ? read.hash : undefined;
    return this.#options.index.get(path) === identity ? this.#options.heldHash(path) : undefined;
  }

  *#unknown(tree: Tree): Generator<readonly [path: string, file: TreeFile]> {
    for (const [path, entry] of tree) {
      if (entry.type === 'f' && this.#hashOf(path, entry) === undefined) yield [path, entry];
    }
  }

  #wanted(tree: Tree) {
    const wanted = { count: 0, bytes: 0, settledAt: 0 };
    for (const [, file] of this.#unknown(tree)) {
      wanted.count++;
      wanted.bytes += file.size;
      wanted.settledAt = Math.max(wanted.settledAt, settledAt(file));
    }
    return wanted;
  }

  /** Between two walks a file may have become a folder, or a folder a file. Too rare for anything but starting over. */
  async #startOverOnConflict(tree: Tree): Promise<void> {
    if (!this.#hasConflict(tree)) return;
    await rm(this.#options.spool, { recursive: true });
    await mkdir(this.#options.spool);
    this.#folders.clear();
    this.#read = new PathMap(readWording);
    this.#components.clear();
  }

  #hasConflict(tree: Tree): boolean {
    if (this.#read.size === 0) return false;
    const files = new Set<string>();
    const folders = new Set<string>();
    for (const [path] of this.#unknown(tree)) {
      files.add(path);
      for (const folder of foldersAbove(path)) folders.add(folder);
    }
    if (files.size === 0) return false;
    for (const path of this.#read.keys()) {
      if (folders.has(path) || foldersAbove(path).some((folder) => files.has(folder))) return true;
    }
    return false;
  }

  /** @returns false if it is not as long as it was when it was looked at */
  async #copy(path: string, file: TreeFile, settled: boolean): Promise<boolean> {
    const { documentRoot, spool } = this.#options;
    const target = `${spool}/${path}`;
    const folder = dirname(target);
    if (!this.#folders.has(folder)) {
      await mkdir(folder, { recursive: true });
      this.#folders.add(folder);
    }
    const to = { path: target, mode: file.executable ? 0o755 : 0o644, modifiedMs: modifiedMs(file) };
    const headBytes = mayStateVersion(path) ? versionHeadBytes : 0;
    const { hash, bytes, head } = await copyContent(`${documentRoot}/${path}`, to, headBytes);
    if (bytes !== file.size) return false;
    this.#read.set(path, { identity: file.identity, hash, settled });
    const component = headBytes > 0 ? statedVersion(path, head) : undefined;
    if (component) this.#components.set(path, component);
    else this.#components.delete(path);
    return true;
  }
}

/** `a/b/c` lies below `a` and `a/b`. */
function foldersAbove(path: string): string[] {
  const steps = path.split('/').slice(0, -1);
  return steps.map((_, index) => steps.slice(0, index + 1).join('/'));
}

/** Enough for a clock that is a little behind; a file from the future is read at once and again next time. */
const longestSettlingMs = 2_000;

/** Waits until the files to read cannot change without a trace any more; usually no time at all. */
async function settle(until: number, signal: AbortSignal | undefined): Promise<void> {
  const wait = Math.min(Math.ceil(until - Date.now()), longestSettlingMs);
  if (wait > 0) await delay(wait, undefined, signal ? { signal } : {});
}

/** Whether an error is about the spool, or a defect, and not about a file in dev. */
function isOurs(error: unknown, spool: string): boolean {
  const { path, code } = error as NodeJS.ErrnoException;
  if (code === undefined || path?.startsWith(spool)) return true;
  return ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'].includes(code);
}
