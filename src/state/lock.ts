import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { hasErrno, refusal } from '../output/errors.js';
import { identify, isAlive, type ProcessRef } from '../process/identity.js';
import { waitUntil } from '../process/wait.js';

const holderSchema = z.object({
  who: z.string(),
  why: z.string(),
  since: z.string(),
  process: z.object({ pid: z.number(), startTime: z.number(), bootId: z.string() }),
});

export type LockHolder = z.infer<typeof holderSchema>;

export interface Lock {
  readonly holder: LockHolder;
  release(): Promise<void>;
}

export interface LockOptions {
  /** Why it is held, for whoever is refused. */
  readonly why: string;
  /** How long to wait for the present holder. Default 0: refused at once. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Takes a lock that names its holder. A lock whose process is dead is taken over.
 * @throws code `locked` naming who holds it, since when and why
 */
export async function acquireLock(path: string, { why, waitMs = 0, signal }: LockOptions): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  const holder: LockHolder = {
    who: userInfo().username,
    why,
    since: new Date().toISOString(),
    process: identify(process.pid) as ProcessRef,
  };
  const attempt = async () => (await tryAcquire(path, holder)) || undefined;
  const taken =
    (await attempt()) ??
    // The first attempt may have removed the lock of a dead holder, and then has not taken it yet.
    (await attempt()) ??
    (waitMs > 0
      ? await waitUntil(attempt, {
          what: `the lock ${path}`,
          deadlineMs: waitMs,
          everyMs: 20,
          ...(signal ? { signal } : {}),
        }).catch(() => undefined)
      : undefined);
  if (!taken) throw await lockedError(path);
  await sweepAside(path);
  return { holder, release: () => removeIfHeldBy(path, JSON.stringify(holder)) };
}

const takeoverSuffix = '.takeover';

const asideFor = (path: string) => `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;

/** Removes what was written aside by somebody who was killed before he could remove it. */
async function sweepAside(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const pid = name.startsWith(prefix) ? /^(\d+)\.[0-9a-f]{8}$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && !identify(Number(pid))) await rm(join(dirname(path), name), { force: true });
  }
}

/** Who holds the lock now; undefined if nobody alive does. */
export async function lockHolder(path: string): Promise<LockHolder | undefined> {
  const text = await readText(path);
  return text !== undefined && !isDead(text) ? holderIn(text) : undefined;
}

async function tryAcquire(path: string, holder: LockHolder): Promise<boolean> {
  // link() fails if the name exists, and what it creates is complete from its first moment.
  const aside = asideFor(path);
  try {
    // On disk before it has its name: a machine that stops must not leave an empty lock.
    await writeFile(aside, JSON.stringify(holder), { flag: 'wx', mode: 0o644, flush: true });
    await link(aside, path);
    return true;
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
  if (isDead(await readText(path))) await removeDead(path, holder);
  return false;
}

/**
 * Removes a dead holder's lock under a second lock. Without it, two who both saw the dead holder could each
 * remove: the slower one would remove the lock that the faster one has just taken.
 */
async function removeDead(path: string, holder: LockHolder): Promise<void> {
  if (path.endsWith(takeoverSuffix)) {
    const present = await readText(path);
    if (isDead(present)) await removeIfHeldBy(path, present);
    return;
  }
  const takeover = path + takeoverSuffix;
  if (!(await tryAcquire(takeover, holder))) return;
  try {
    const present = await readText(path);
    if (isDead(present)) await removeIfHeldBy(path, present);
  } finally {
    await removeIfHeldBy(takeover, JSON.stringify(holder));
  }
}

async function removeIfHeldBy(path: string, text: string): Promise<void> {
  if ((await readText(path)) === text) await rm(path, { force: true });
}

/** A lock that names nobody is nobody's: a disk has lost what was written. */
function isDead(text: string | undefined): text is string {
  if (text === undefined) return false;
  const holder = holderIn(text);
  return holder === undefined || !isAlive(holder.process);
}

function holderIn(text: string): LockHolder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error) => {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
}

async function lockedError(path: string) {
  const holder = await lockHolder(path);
  return refusal({
    code: 'locked',
    message: holder
      ? `${holder.who} is at it: ${holder.why} (process ${holder.process.pid}, since ${holder.since}).`
      : `The lock ${path} is contended.`,
    remedy: 'Wait for it to end, or stop that process, and run the command again.',
  });
}
