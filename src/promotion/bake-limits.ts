import { UnderstudyError } from '../output/errors.js';
import type { TrafficCounters, TrafficSpan } from '../platform/traffic.js';

/** Everything that decides whether an edition is taken back in the bake. */
export const bakeLimits = {
  /** The share of failed requests may be so much higher than before: one in a hundred. */
  failedShare: 0.01,
  /** Fewer failures than this say nothing. */
  failedAtLeast: 3,
  /** The 95th percentile of what PHP answered may be so many times as long as before, */
  slowerTimes: 2,
  /** and longer by this much at least: PHP that has just started and a busy machine make small times twice as long. */
  slowerByMs: 500,
  /** Fewer requests than this, before or after, have no percentile worth a name. */
  requestsAtLeast: 20,
  /** What is compared with: the hour before the switch. */
  beforeMs: 60 * 60_000,
  /** How much of the time after the switch is looked at: a late change for the worse is seen as well as an early one. */
  afterMs: 60_000,
  /** How long `--hold` waits for a person; then the edition is taken back, since nobody has said that it is good. */
  holdMs: 24 * 60 * 60_000,
} as const;

const nothing: TrafficSpan = { requests: 0, failed: 0, uncached: 0, p95Ms: 0 };

/** @throws code `too-many-failures` */
export function refuseTooManyFailures({ requests, failed }: TrafficCounters, before: TrafficSpan = nothing): void {
  const shareBefore = before.requests > 0 ? before.failed / before.requests : 0;
  if (failed < bakeLimits.failedAtLeast || failed <= requests * (shareBefore + bakeLimits.failedShare)) return;
  throw new UnderstudyError({
    code: 'too-many-failures',
    message: `${failed} of ${requests} requests failed after the switch (before: ${before.failed} of ${before.requests}).`,
    remedy: 'Read `understudy logs prod`, mend it in dev, and promote again.',
  });
}

/** @throws code `too-slow` */
export function refuseTooSlow(after: TrafficSpan, before: TrafficSpan): void {
  const { requestsAtLeast, slowerTimes, slowerByMs } = bakeLimits;
  if (Math.min(after.uncached, before.uncached) < requestsAtLeast) return;
  if (after.p95Ms <= before.p95Ms * slowerTimes || after.p95Ms <= before.p95Ms + slowerByMs) return;
  throw new UnderstudyError({
    code: 'too-slow',
    message: `95 in 100 pages that PHP makes take up to ${after.p95Ms} ms after the switch; before it was ${before.p95Ms} ms.`,
    remedy: 'Read `understudy logs prod`, mend it in dev, and promote again.',
  });
}
