import { chmod, chown, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasErrno, messageOf } from '../output/errors.js';
import type { Report } from '../output/messages.js';
import type { FileChange, FileChanges } from '../platform/releases.js';
import type { Account } from '../process/run.js';
import { copyContent } from './copy-content.js';
import { makeDurable } from './durable.js';
import { forEachInFlight } from './jobs.js';
import { incomingFolder, isSameMedia, type MediaFolders, mediaRemedy, previousFolder } from './media-plan.js';
import { notReleasable, type Problem } from './problems.js';
import { requireRoom } from './room.js';
import { modifiedMs, type TreeFile } from './tree.js';
import { isGone, treeFile } from './walk.js';

export interface CopyMediaOptions {
  /** Whom the copies belong to. Default: whoever runs this. */
  readonly owner?: Account | undefined;
  readonly report: Report;
  readonly signal: AbortSignal;
}

export interface CopiedMedia {
  readonly files: number;
  readonly bytes: number;
  /** In the plan, and gone from dev since: prod does without them. */
  readonly vanished: readonly string[];
}

/**
 * Copies what a plan adds to where visitors will find it, and what it changes to a folder aside, where it waits for
 * `applyMedia`. Nothing that visitors are served now is touched. Each file appears whole, by a rename, with its time
 * of modification; what an earlier call has copied is not copied again. A file that is being written in dev is copied
 * once more if it changed meanwhile, three times at most: whatever comes later is the next promotion's.
 * Durable when it returns. No earlier promotion may be waiting to be taken back: what it kept is removed.
 * @throws code `not-releasable` naming files that cannot be read; `disk-full` before anything is written
 */
export async function copyMedia(
  folders: MediaFolders,
  { added, changed }: FileChanges,
  options: CopyMediaOptions,
): Promise<CopiedMedia> {
  const incoming = join(folders.prod, incomingFolder);
  await mkdir(folders.prod, { recursive: true });
  await rm(join(folders.prod, previousFolder), { recursive: true, force: true });
  await requireRoom(folders.prod, bytesTo(added) + bytesTo(changed), 'Copying media');
  const copy = new MediaCopy(folders, join(incoming, '.aside'), added.length + changed.length, options);
  await copy.into(folders.prod, added);
  await copy.into(incoming, changed);
  return copy.end();
}

function bytesTo(changes: readonly FileChange[]): number {
  return changes.reduce((sum, { to }) => sum + to, 0);
}

/** `present`: copied by an earlier call. `gone`: no longer in dev. */
type Outcome = 'present' | 'gone' | { readonly bytes: number } | { readonly problem: string };

const mostCopies = 3;

class MediaCopy {
  readonly #folders: MediaFolders;
  readonly #aside: string;
  readonly #total: number;
  readonly #options: CopyMediaOptions;
  readonly #made: Folders;
  readonly #outcomes = new Map<string, Outcome>();
  #begun = 0;

  constructor(folders: MediaFolders, aside: string, total: number, options: CopyMediaOptions) {
    this.#folders = folders;
    this.#aside = aside;
    this.#total = total;
    this.#options = options;
    this.#made = new Folders(options.owner);
  }

  async into(root: string, changes: readonly FileChange[]): Promise<void> {
    const { report, signal } = this.#options;
    const place = async ({ path }: FileChange) => {
      this.#outcomes.set(path, await this.#place(path, `${root}/${path}`));
      const done = this.#outcomes.size;
      if (done % 100 === 0) report({ kind: 'progress', task: 'media', done, total: this.#total, unit: 'files' });
    };
    await this.#made.require(this.#folders.prod, this.#aside);
    await forEachInFlight(changes, place, signal);
  }

  async end(): Promise<CopiedMedia> {
    await rm(this.#aside, { recursive: true, force: true });
    const vanished: string[] = [];
    const problems: Problem[] = [];
    let files = 0;
    let bytes = 0;
    for (const [path, outcome] of this.#outcomes) {
      if (outcome === 'gone') vanished.push(path);
      else if (outcome !== 'present' && 'problem' in outcome) problems.push({ path, what: outcome.problem });
      else if (outcome !== 'present') {
        files++;
        bytes += outcome.bytes;
      }
    }
    if (problems.length > 0) throw notReleasable(problems, mediaRemedy);
    if (files > 0) await makeDurable(this.#folders.prod, this.#options.signal);
    return { files, bytes, vanished: vanished.sort() };
  }

  async #place(path: string, target: string): Promise<Outcome> {
    const source = `${this.#folders.dev}/${path}`;
    const aside = join(this.#aside, String(this.#begun++));
    await this.#made.require(this.#folders.prod, dirname(target));
    try {
      const file = await fileAt(source);
      if (!file) return 'gone';
      const present = await fileAt(target);
      if (present && isSameMedia(present, file)) return 'present';
      const copied = await copySettled(source, file, aside);
      if (this.#options.owner) await chown(aside, this.#options.owner.uid, this.#options.owner.gid);
      await rename(aside, target);
      return { bytes: copied };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).path !== source) throw error;
      return isGone(error) ? 'gone' : { problem: `cannot be read: ${messageOf(error)}` };
    }
  }
}

/** Copies a file until it stayed the same meanwhile. @returns its bytes */
async function copySettled(source: string, seen: TreeFile, aside: string): Promise<number> {
  let file = seen;
  for (let copies = 1; ; copies++) {
    const { bytes } = await copyContent(source, { path: aside, mode: 0o644, modifiedMs: modifiedMs(file) });
    const after = await fileAt(source);
    const isWhole = after?.identity === file.identity && bytes === file.size;
    if (!after || isWhole || copies === mostCopies) return bytes;
    file = after;
  }
}

async function fileAt(path: string): Promise<TreeFile | undefined> {
  try {
    const stats = await lstat(path, { bigint: true });
    return stats.isFile() ? treeFile(stats) : undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Makes folders as prod's servers need them, each once, although many copies ask at the same time. */
class Folders {
  readonly #made = new Map<string, Promise<void>>();
  readonly #owner: Account | undefined;

  constructor(owner: Account | undefined) {
    this.#owner = owner;
  }

  /** Makes a folder and those above it, up to `root`, which is there. */
  require(root: string, folder: string): Promise<void> {
    if (folder === root) return Promise.resolve();
    const present = this.#made.get(folder);
    if (present) return present;
    const making = this.require(root, dirname(folder)).then(() => this.#make(folder));
    this.#made.set(folder, making);
    return making;
  }

  async #make(folder: string): Promise<void> {
    try {
      await mkdir(folder);
    } catch (error) {
      if (hasErrno(error, 'EEXIST')) return;
      throw error;
    }
    await chmod(folder, 0o755);
    if (this.#owner) await chown(folder, this.#owner.uid, this.#owner.gid);
  }
}
