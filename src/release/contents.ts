import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../output/errors.js';
import type { Report } from '../output/messages.js';
import type { Component } from '../platform/release-archive.js';
import { mayStateVersion, statedVersion, versionHeadBytes } from './components.js';
import { copyContent } from './copy-content.js';
import { forEachInFlight } from './jobs.js';
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
  readonly component: Component | undefined;
}

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
  readonly #read = new Map<string, ReadContent>();
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
    let wanted = this.#unknown(tree);
    if (await this.#startOverOnConflict(wanted)) wanted = this.#unknown(tree);
    if (wanted.length === 0) return { count: 0, changed: [], problems: [] };
    // Written twice: into the spool, and from there into a pack.
    await requireRoom(spool, 2 * wanted.reduce((sum, [, { size }]) => sum + size, 0), 'Staging');
    await settle(wanted, signal);
    const startedAt = Date.now();
    const changed: string[] = [];
    const problems: Problem[] = [];
    let done = 0;
    const readOne = async ([path, file]: [string, TreeFile]) => {
      try {
        const isWhole = await this.#copy(path, file, startedAt >= settledAt(file));
        if (!isWhole) changed.push(path);
      } catch (error) {
        if (isOurs(error, spool)) throw error;
        if (isGone(error)) changed.push(path);
        else problems.push({ path, what: `cannot be read: ${messageOf(error)}` });
      }
      if (++done % 250 === 0) report({ kind: 'progress', task: 'stage', done, total: wanted.length, unit: 'files' });
    };
    await forEachInFlight(wanted, readOne, signal);
    return { count: wanted.length, changed, problems };
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
    return this.#read.get(path)?.component;
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

  #unknown(tree: Tree): [string, TreeFile][] {
    const unknown: [string, TreeFile][] = [];
    for (const [path, entry] of tree) {
      if (entry.type === 'f' && this.#hashOf(path, entry) === undefined) unknown.push([path, entry]);
    }
    return unknown;
  }

  /** Between two walks a file may have become a folder, or a folder a file. Too rare for anything but starting over. */
  async #startOverOnConflict(wanted: readonly [string, TreeFile][]): Promise<boolean> {
    if (this.#read.size === 0) return false;
    const files = new Set(wanted.map(([path]) => path));
    const folders = new Set(wanted.flatMap(([path]) => foldersAbove(path)));
    const conflicts = (path: string) => folders.has(path) || foldersAbove(path).some((folder) => files.has(folder));
    if (![...this.#read.keys()].some(conflicts)) return false;
    await rm(this.#options.spool, { recursive: true });
    await mkdir(this.#options.spool);
    this.#folders.clear();
    this.#read.clear();
    return true;
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
    const component = headBytes > 0 ? statedVersion(path, head) : undefined;
    this.#read.set(path, { identity: file.identity, hash, settled, component });
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
async function settle(wanted: readonly [string, TreeFile][], signal: AbortSignal | undefined): Promise<void> {
  let until = 0;
  for (const [, file] of wanted) until = Math.max(until, settledAt(file));
  const wait = Math.min(Math.ceil(until - Date.now()), longestSettlingMs);
  if (wait > 0) await delay(wait, undefined, signal ? { signal } : {});
}

/** Whether an error is about the spool, or a defect, and not about a file in dev. */
function isOurs(error: unknown, spool: string): boolean {
  const { path, code } = error as NodeJS.ErrnoException;
  if (code === undefined || path?.startsWith(spool)) return true;
  return ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'].includes(code);
}
