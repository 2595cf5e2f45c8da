import type { PromotionPlan } from './facts.js';

/** What a promotion moves, as far as its duration depends on it. */
export interface Amounts {
  /** Files of code that are added or changed. */
  readonly files: number;
  /** Bytes of media that are added or changed. */
  readonly mediaBytes: number;
  readonly transactions: number;
}

export interface EarlierRun extends Amounts {
  /** All steps but the bake. */
  readonly ms: number;
}

/**
 * From promotions on a machine with 2 cores: a file is packed once and unpacked on three instances; media is copied at
 * 100 MB/s; a replica applies 5,000 transactions a second, and there are two.
 */
const perFileMs = 1;
const perMediaByteMs = 1e-5;
const perTransactionMs = 0.4;
/** What the steps take by themselves, where nothing has been promoted yet. */
const firstMs = 6_000;

export function amountsOf({ files, media, content }: Pick<PromotionPlan, 'files' | 'media' | 'content'>): Amounts {
  return {
    files: files.added.length + files.changed.length,
    mediaBytes: [...media.added, ...media.changed].reduce((sum, { to }) => sum + to, 0),
    transactions: Math.max(0, content.transactions),
  };
}

const movingMs = ({ files, mediaBytes, transactions }: Amounts) =>
  files * perFileMs + mediaBytes * perMediaByteMs + transactions * perTransactionMs;

/**
 * How long a promotion is likely to take, in ms: what the steps took by themselves in the earlier runs (the median),
 * and what is moved this time.
 */
export function estimate(amounts: Amounts, earlier: readonly EarlierRun[], bakeSeconds: number): number {
  const own = earlier.map((run) => Math.max(0, run.ms - movingMs(run))).sort((a, b) => a - b);
  const base = own[own.length >> 1] ?? firstMs;
  return Math.round(base + movingMs(amounts) + bakeSeconds * 1000);
}
