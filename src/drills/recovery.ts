/** A request or a write that has come to its end, well or not. Moments are those of `performance.now()`. */
export interface Outcome {
  readonly sentAt: number;
  readonly endedAt: number;
  readonly problem: string | undefined;
}

/** An answer that takes this much longer than any before the fault was held up by it, if it was asked for around it. */
const heldUpMs = 1_000;

/**
 * From a fault until everything that is sent is answered well: the end of the first good answer to what was sent after
 * the last thing that went wrong. 0 if nothing went wrong.
 * @param faults when each fault came, in order
 * @returns the longest of them, in ms; undefined if it never was well again after one
 */
export function recoveryMs(outcomes: readonly Outcome[], faults: readonly number[]): number | undefined {
  let longest = 0;
  for (const [index, from] of faults.entries()) {
    const until = faults[index + 1] ?? Number.POSITIVE_INFINITY;
    const between = outcomes.filter(({ endedAt, sentAt }) => endedAt >= from && sentAt < until);
    const before = outcomes.filter(({ endedAt }) => endedAt < (faults[0] ?? from));
    const one = recoveryAfter(between, from, Math.max(0, ...before.map(({ sentAt, endedAt }) => endedAt - sentAt)));
    if (one === undefined) return undefined;
    longest = Math.max(longest, one);
  }
  return Math.round(longest);
}

function recoveryAfter(outcomes: readonly Outcome[], from: number, slowestBefore: number): number | undefined {
  const lastBad = Math.max(...outcomes.filter(({ problem }) => problem !== undefined).map(({ sentAt }) => sentAt));
  const after = outcomes.filter(({ problem, sentAt }) => problem === undefined && sentAt > lastBad);
  const isBad = lastBad !== Number.NEGATIVE_INFINITY;
  if (isBad && after.length === 0) return undefined;
  const firstGood = isBad ? Math.min(...after.map(({ endedAt }) => endedAt)) : from;
  const heldUp = outcomes.filter(
    ({ problem, sentAt, endedAt }) =>
      problem === undefined && sentAt < from + heldUpMs && endedAt - sentAt > slowestBefore + heldUpMs,
  );
  return Math.max(firstGood, ...heldUp.map(({ endedAt }) => endedAt)) - from;
}
