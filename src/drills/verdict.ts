import type { WritesFound } from './ledger.js';
import { alwaysDuplicated, alwaysLost, type DrillName, type Limits } from './limits.js';
import { type Outcome, recoveryMs } from './recovery.js';
import { longestGap, type Visit } from './visitors.js';

/** What `drill NAME --json` prints. */
export interface DrillResult {
  readonly name: string;
  readonly outcome: 'held' | 'broke';
  /** What did not hold, in words. */
  readonly broken: readonly string[];
  readonly requests: { readonly sent: number; readonly failed: number; readonly longestGapMs: number };
  readonly writes: Omit<WritesFound, 'wrong'>;
  /** From the fault until everything that is sent is answered well; null if it never was. */
  readonly recoveredMs: number | null;
  /** From the fault until everything is there that was there before; null if it never was. */
  readonly redundancyRestoredMs: number | null;
  readonly limits: Limits;
  /** Repeats the run: `--seed`. */
  readonly seed: number;
  /** The whole story, as Markdown. */
  readonly report: string;
}

export interface Measured {
  readonly name: DrillName;
  readonly limits: Limits;
  readonly visits: readonly Visit[];
  readonly writes: WritesFound;
  readonly writeOutcomes: readonly Outcome[];
  /** When the workload began, and when each fault came and was complete. */
  readonly startedAt: number;
  readonly faults: readonly { readonly at: number; readonly doneAt: number }[];
  readonly redundancyRestoredMs: number | undefined;
  /** What else was not as it should be: invariants, and what the drill itself looks at. */
  readonly problems: readonly string[];
}

/** Compares what was measured with the limits. */
export function judge(measured: Measured): Omit<DrillResult, 'seed' | 'report'> {
  const { name, limits, visits, writes, faults, redundancyRestoredMs } = measured;
  const recoveredMs = recoveryMs(
    [...visits, ...measured.writeOutcomes],
    faults.map(({ at }) => at),
  );
  const failed = visits.filter(({ problem }) => problem !== undefined);
  const longestGapMs = longestGap(visits, measured.startedAt);
  const { wrong, ...counts } = writes;
  const broken = [
    ...failedGets(limits, visits, faults),
    ...(limits.gapMs !== undefined && longestGapMs > limits.gapMs
      ? [`longest gap in prod ${longestGapMs} ms, limit ${limits.gapMs} ms`]
      : []),
    ...(writes.lost > alwaysLost ? [`${writes.lost} acknowledged writes lost (${wrong.join(', ')}), limit 0`] : []),
    ...(writes.duplicated > alwaysDuplicated
      ? [`${writes.duplicated} writes doubled (${wrong.join(', ')}), limit 0`]
      : []),
    ...tooLong('everything answered again', recoveredMs, limits.recoveredMs),
    ...tooLong('everything there again', redundancyRestoredMs, limits.redundancyMs),
    ...measured.problems,
  ];
  return {
    name,
    outcome: broken.length === 0 ? 'held' : 'broke',
    broken,
    requests: { sent: visits.length, failed: failed.length, longestGapMs },
    writes: counts,
    recoveredMs: recoveredMs ?? null,
    redundancyRestoredMs: redundancyRestoredMs ?? null,
    limits,
  };
}

/** Until a visitor's own program has heard that a connection is gone, it sends requests into it. */
const hearsayMs = 250;

function failedGets({ failedGets: allowed }: Limits, visits: readonly Visit[], faults: Measured['faults']): string[] {
  const failed = visits.filter(({ problem }) => problem !== undefined);
  const inFlight = ({ sentAt, endedAt }: Visit) =>
    faults.some(({ at, doneAt }) => sentAt <= doneAt + hearsayMs && endedAt >= at);
  const counted = failed.filter((visit) => {
    if (allowed === 'in-flight') return !inFlight(visit);
    return allowed === 'none' || !visit.isFresh;
  });
  if (counted.length === 0) return [];
  const why = { none: '', 'in-flight': ' beside those in flight', fresh: ' beside those in no cache' }[allowed];
  const [first] = counted;
  return [
    `${counted.length} of ${visits.length} GETs of prod failed${why} (${first?.path}: ${first?.problem}), limit 0`,
  ];
}

function tooLong(what: string, ms: number | undefined, limit: number): string[] {
  if (ms !== undefined && ms <= limit) return [];
  return [`${what} ${ms === undefined ? 'never' : `after ${ms} ms`}, limit ${limit} ms`];
}

/** The limits of a drill in words, for people. */
export function limitsText({ failedGets: allowed, gapMs, recoveredMs, redundancyMs }: Limits): string {
  const gets = {
    none: '0 failed GETs',
    'in-flight': '0 failed GETs beside those in flight',
    fresh: '0 failed GETs among pages cached before',
  }[allowed];
  const gap = gapMs === undefined ? '' : `, gap ≤ ${gapMs / 1000} s`;
  return `${gets}${gap}; 0 writes lost, 0 doubled; answering ≤ ${recoveredMs / 1000} s; redundant ≤ ${redundancyMs / 1000} s`;
}
