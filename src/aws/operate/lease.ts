import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { refusal, UnderstudyError } from '../../output/errors.js';
import { identify, isAlive, type ProcessRef } from '../../process/identity.js';
import { operationKeys } from '../naming.js';
import type { Bucket, StoredText } from './bucket.js';

const leaseSchema = z.object({
  /** Of the promotion or job. */
  id: z.string(),
  why: z.string(),
  by: z.string(),
  /** ISO 8601. */
  since: z.string(),
  /** Name of the operations host. */
  host: z.string(),
  process: z.object({ pid: z.number(), startTime: z.number(), bootId: z.string() }),
  /** ms since 1970, by the host's clock. */
  renewedAt: z.number(),
});
export type LeaseHolder = z.infer<typeof leaseSchema>;

/** A holder on another host that has not renewed it for so long is gone. */
const leaseMs = 60_000;
const renewEveryMs = 10_000;
/** Who could not renew for so long gives up, well before anybody else may take it. */
const giveUpMs = 40_000;

export interface LeaseOptions {
  readonly id: string;
  readonly why: string;
  readonly by: string;
  /** Told once when it is lost: somebody else may be at it from then on, so the process has to end at once. */
  readonly onLost: (error: UnderstudyError) => void;
  readonly renewMs?: number;
  readonly now?: () => number;
}

export interface Lease {
  release(): Promise<void>;
}

/**
 * Takes the one lease on changing prod. A lock in a file would do on one host; but an operations host that is replaced
 * may live on for a moment beside the new one, and must not be a second runner. So it is a document in S3 that is
 * written only if it is still what was read, and that its holder has to renew.
 * @throws refusal `locked`, naming who holds it, since when and why
 */
export async function takeLease(bucket: Bucket, options: LeaseOptions): Promise<Lease> {
  const { id, why, by, now = Date.now } = options;
  const own = identify(process.pid) as ProcessRef;
  const holder = { id, why, by, since: new Date(now()).toISOString(), host: hostname(), process: own };
  const text = () => JSON.stringify({ ...holder, renewedAt: now() } satisfies LeaseHolder);
  const found = await bucket.read(operationKeys.lease);
  const present = found && parse(found);
  if (present && !isGone(present, now())) throw locked(present);
  const tag = await bucket.write(operationKeys.lease, text(), found ? { tag: found.tag } : { absent: true });
  if (tag === undefined) {
    const faster = await leaseHolder(bucket);
    throw faster ? locked(faster) : new UnderstudyError({ code: 'locked', message: 'Somebody else was faster.' });
  }
  return keep(bucket, tag, text, options);
}

/** Who holds the lease, as it is written down; whether that process still runs, only its host can tell. */
export async function leaseHolder(bucket: Bucket): Promise<LeaseHolder | undefined> {
  const found = await bucket.read(operationKeys.lease);
  return found && parse(found);
}

/** Removes the lease of a process that is gone: for the host, which can tell. @returns who is alive and holds it */
export async function endDeadLease(bucket: Bucket, now: () => number = Date.now): Promise<LeaseHolder | undefined> {
  const found = await bucket.read(operationKeys.lease);
  const holder = found && parse(found);
  if (!found || !holder || !isGone(holder, now())) return holder;
  // Nobody takes it between these two: a dead holder's lease is overwritten, which changes its tag.
  const emptied = await bucket.write(operationKeys.lease, 'null', { tag: found.tag });
  return emptied === undefined ? leaseHolder(bucket) : undefined;
}

/** Whether somebody changes prod at this moment, as far as another machine can tell. */
export async function isLeased(bucket: Bucket, now: number): Promise<boolean> {
  const holder = await leaseHolder(bucket);
  return holder !== undefined && !isGone(holder, now);
}

function isGone({ process: holder, renewedAt }: LeaseHolder, now: number): boolean {
  const own = identify(process.pid);
  if (own?.bootId === holder.bootId) return !isAlive(holder);
  return now - renewedAt > leaseMs;
}

function keep(bucket: Bucket, taken: string, text: () => string, options: LeaseOptions): Lease {
  const { id, onLost, renewMs = renewEveryMs } = options;
  const over = new AbortController();
  let tag = taken;
  const lose = (why: string) => {
    if (!over.signal.aborted) onLost(lost(why));
    over.abort();
  };
  // A call to S3 that hangs counts as one that fails.
  const late = () => setTimeout(() => lose(`S3 could not be reached for ${giveUpMs / 1000} s`), giveUpMs).unref();
  let giveUp = late();
  /** Undefined: somebody else has it. */
  const write = async (content: string): Promise<string | undefined> => {
    const written = await bucket.write(operationKeys.lease, content, { tag });
    if (written !== undefined) return written;
    // Or it was written by an attempt whose answer was lost.
    const found = await bucket.read(operationKeys.lease);
    const present = found && parse(found);
    return found && present?.id === id && isOwn(present)
      ? bucket.write(operationKeys.lease, content, found)
      : undefined;
  };
  const renewing = (async () => {
    while (!over.signal.aborted) {
      await delay(renewMs, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      const next = await write(text()).then(
        (written) => ({ tag: written }),
        () => 'failed' as const,
      );
      if (next === 'failed') continue;
      if (next.tag === undefined) return lose('somebody else has taken it');
      tag = next.tag;
      clearTimeout(giveUp);
      giveUp = late();
    }
  })();
  return {
    async release() {
      over.abort();
      clearTimeout(giveUp);
      await renewing;
      await write('null');
    },
  };
}

function isOwn({ process: holder }: LeaseHolder): boolean {
  const own = identify(process.pid);
  return own?.pid === holder.pid && own.startTime === holder.startTime && own.bootId === holder.bootId;
}

function parse({ text }: StoredText): LeaseHolder | undefined {
  return leaseSchema.nullable().parse(JSON.parse(text)) ?? undefined;
}

export const locked = ({ by, why, since, host }: LeaseHolder) =>
  refusal({
    code: 'locked',
    message: `${by} is at it: ${why} (on ${host}, since ${since}).`,
    remedy: 'Wait for it to end; `understudy rollback` takes back a promotion that is not final yet.',
  });

const lost = (why: string) =>
  new UnderstudyError({
    code: 'lease-lost',
    message: `This process may not change prod any more: ${why}.`,
    remedy: 'Finish it with `understudy promote --resume`, or take it back with `understudy promote --abort`.',
  });
