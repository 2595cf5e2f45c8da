import { Authors } from './authors.js';
import { Ledger } from './ledger.js';
import { pagesOf } from './pages.js';
import { seeded } from './random.js';
import type { Ground } from './stage.js';
import { Visitors } from './visitors.js';

export interface WorkloadOptions {
  /** Names the run: it stands in everything that authors write. */
  readonly run: string;
  readonly ledgerFile: string;
  /** Visitors of prod in a second. */
  readonly rate: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Visitors of prod and authors in dev, at work until they are told to stop. */
export interface Workload {
  /** As `performance.now()`. */
  readonly startedAt: number;
  readonly visitors: Visitors;
  /** Empty for a site in which nobody writes. */
  readonly ledger: Ledger;
  stop(): Promise<void>;
}

/** One request in eight is for a page that no cache has. */
const freshShare = 1 / 8;

/** @throws code `login-failed`; Unanswered if dev or prod does not answer */
export async function startWorkload(ground: Ground, options: WorkloadOptions): Promise<Workload> {
  const { run, ledgerFile, rate, seed, signal } = options;
  const paths = await pagesOf(ground, signal);
  const ledger = new Ledger(ledgerFile, run);
  const authors = ground.login && (await Authors.start({ ...ground.places.dev, login: ground.login, ledger }));
  const startedAt = performance.now();
  const visitors = new Visitors({ ...ground.places.prod, paths, perSecond: rate, freshShare, random: seeded(seed) });
  return {
    startedAt,
    visitors,
    ledger,
    stop: async () => void (await Promise.all([visitors.stop(), authors?.stop()])),
  };
}
