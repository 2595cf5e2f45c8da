import { setTimeout as delay } from 'node:timers/promises';
import type { Bucket } from '../../aws/operate/bucket.js';
import { JournalCopier } from '../../aws/operate/journal-copy.js';
import { messageOf } from '../../output/errors.js';

const lookEveryMs = 300;
/** Lines that only count visitors come once a second, for as long as a promotion is held. */
const patienceMs = 10_000;

export interface CopyOptions {
  readonly bucket: Bucket;
  /** In S3, ending in a slash. */
  readonly folder: string;
  readonly journal: string;
  /** Done at every look, too: what was asked for meanwhile. */
  readonly alsoAsk?: () => Promise<void>;
}

/**
 * Copies a journal to S3 while `work` writes it, and wholly at the end. A copy that fails is tried again: whoever
 * watches sees it later, and the work goes on.
 */
export async function copyWhile<T>(options: CopyOptions, work: () => Promise<T>): Promise<T> {
  const { bucket, folder, journal, alsoAsk = async () => undefined } = options;
  const copier = new JournalCopier(bucket, folder, journal);
  const over = new AbortController();
  const copying = (async () => {
    while (!over.signal.aborted) {
      await Promise.all([copier.copy(patienceMs), alsoAsk()]).catch(tell);
      await delay(lookEveryMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  try {
    return await work();
  } finally {
    over.abort();
    await copying;
    await copier.copy().catch(tell);
  }
}

const tell = (error: unknown) => void process.stderr.write(`${messageOf(error)}\n`);
