import { setTimeout as delay } from 'node:timers/promises';
import type { Bucket } from '../../aws/operate/bucket.js';
import { copiedBytes, JournalReader } from '../../aws/operate/journal-copy.js';
import { UnderstudyError } from '../../output/errors.js';
import type { Report } from '../../output/messages.js';
import type { ProcessRef } from '../../process/identity.js';
import { parseEntry } from '../../promotion/journal.js';

export interface FollowCopyOptions {
  readonly bucket: Bucket;
  /** In S3, ending in a slash. */
  readonly folder: string;
  /** Byte to begin at: what was copied before the runner was started. */
  readonly from: number;
  readonly report: Report;
  /** Whether the process that carries it out was seen already, or has only been asked for. */
  readonly hasBegun: boolean;
  /** Whether it still goes on, asked only when nothing has come for a while. */
  readonly isGoing: () => Promise<boolean>;
  /** Ends the watching, and nothing else. */
  readonly signal?: AbortSignal;
}

const lookEveryMs = 300;
/** After so long without a word it is asked whether it still goes on. */
const quietMs = 3_000;
/** How long the process that was asked for may take until its first word. */
const beginMs = 60_000;

export const bytesSoFar = (bucket: Bucket, folder: string): Promise<number> => copiedBytes(bucket, folder);

/**
 * Watches what the operations host carries out, through the copy of its journal in S3, to its end. It goes on whether
 * anybody watches or not.
 * @returns the result in the journal's last line
 * @throws code `runner-lost` if the process that carries it out is gone without a word; the signal's reason
 */
export async function followCopy(options: FollowCopyOptions): Promise<unknown> {
  const { bucket, folder, from, report, hasBegun, isGoing, signal } = options;
  const reader = new JournalReader(bucket, folder, from);
  let runner: ProcessRef | undefined;
  const started = performance.now();
  let heard = started;
  for (;;) {
    signal?.throwIfAborted();
    const mayAsk = hasBegun || runner !== undefined || performance.now() - started > beginMs;
    const isQuiet = mayAsk && performance.now() - heard > quietMs;
    const isLost = isQuiet && !(await isGoing());
    const lines = await reader.next();
    if (lines.length > 0 || isQuiet) heard = performance.now();
    for (const line of lines) {
      const entry = parseEntry(line);
      if (entry?.event === 'begun') runner = entry.process;
      if (entry?.event === 'message') report(entry.message);
      // One that was refused the lease beside the one that is watched says so in the same journal.
      const isOurs = (process: ProcessRef) => runner === undefined || runner.pid === process.pid;
      if (entry?.event === 'ended') return entry.result;
      if (entry?.event === 'stopped' && isOurs(entry.process)) return entry.result;
    }
    if (isLost && lines.length === 0) throw lost();
    await delay(lookEveryMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

const lost = () =>
  new UnderstudyError({
    code: 'runner-lost',
    message: 'The process on the operations host that carried it out is gone.',
    remedy:
      'If it had begun to change prod, finish it with `understudy promote --resume`, or take it back with `understudy promote --abort`; else run it again.',
  });
