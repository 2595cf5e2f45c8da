/** How an instance has been of late. */
export interface Wellbeing {
  readonly at: number;
  /** For how long it was unwell, in ms; time in which it is well slowly takes this back. */
  readonly unwellMs: number;
  /** How often it was replaced since it was last well for half a minute. */
  readonly replaced: number;
  readonly wellSince: number | undefined;
}

/** `servers`: its two servers are started anew. `everything`: it is made anew from nothing, as it was the first time. */
export type Replacement = 'servers' | 'everything';

/**
 * Counted from when the balancer has taken it out of rotation. Shorter, and a machine that is out of breath for a moment
 * would lose its instances on top.
 */
const patienceMs = 5_000;
/** Doubled with every replacement that has not helped, up to this. */
const longestPatienceMs = 120_000;
/** An instance that comes and goes is to be replaced too: being well counts a quarter of being unwell. */
const recovery = 0.25;
const calmMs = 30_000;
/** Between two looks nothing longer counts: the machine may have been asleep. */
const longestLookMs = 2_000;

/**
 * Takes one look at an instance.
 * @param before undefined for one that has been well
 * @returns what to remember, undefined when there is nothing; and whether to replace it now
 */
export function look(
  before: Wellbeing | undefined,
  isWell: boolean,
  now: number,
): { readonly wellbeing: Wellbeing | undefined; readonly replace: Replacement | undefined } {
  if (!before) {
    const wellbeing = { at: now, unwellMs: 0, replaced: 0, wellSince: undefined };
    return { wellbeing: isWell ? undefined : wellbeing, replace: undefined };
  }
  const passed = Math.min(now - before.at, longestLookMs);
  const unwellMs = Math.max(0, before.unwellMs + (isWell ? -passed * recovery : passed));
  const wellSince = isWell ? (before.wellSince ?? now) : undefined;
  if (wellSince !== undefined && now - wellSince >= calmMs) return { wellbeing: undefined, replace: undefined };
  if (isWell || unwellMs < Math.min(patienceMs * 2 ** before.replaced, longestPatienceMs)) {
    return { wellbeing: { ...before, at: now, unwellMs, wellSince }, replace: undefined };
  }
  return {
    wellbeing: { at: now, unwellMs: 0, replaced: before.replaced + 1, wellSince },
    replace: before.replaced === 0 ? 'servers' : 'everything',
  };
}
