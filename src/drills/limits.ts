/**
 * Every limit that a drill is held to, in one place. They are printed with each verdict.
 *
 * Where the numbers come from: a killed primary is noticed within a quarter of a second and replaced within one, a
 * hung one is given time to answer first; see docs/decisions for the settings. What must be back in full is given the
 * time that starting a server takes on a small and busy machine.
 */
export interface Limits {
  /**
   * GETs of prod that may fail. `in-flight`: those that were under way in what was lost; `fresh`: those for pages that
   * were in no cache.
   */
  readonly failedGets: 'none' | 'in-flight' | 'fresh';
  /** The longest time without a good answer from prod. Undefined: it follows from `failedGets`. */
  readonly gapMs: number | undefined;
  /** From the fault until every request and every write that is sent is answered well. */
  readonly recoveredMs: number;
  /** From the fault until everything is there that was there before. */
  readonly redundancyMs: number;
}

const usual: Limits = { failedGets: 'none', gapMs: undefined, recoveredMs: 2_000, redundancyMs: 60_000 };

/** What every drill is held to beside its own limits. */
export const alwaysLost = 0;
export const alwaysDuplicated = 0;

/** A promotion that is taken back takes its time; what counts is that nobody notices. */
const promoting: Limits = { ...usual, redundancyMs: 180_000 };

export const limits = {
  'instance-kill': usual,
  'instance-hang': usual,
  'php-fpm-kill': usual,
  // For five seconds, what is started in the zone takes requests, and dies with them.
  'zone-outage': { ...usual, recoveredMs: 10_000 },
  'primary-kill': usual,
  'primary-hang': { ...usual, recoveredMs: 5_000 },
  'primary-twice': usual,
  'standby-kill': usual,
  // A disk counts as full after two seconds; then it is a failover. It stays full for a while after that.
  'disk-full': { ...usual, recoveredMs: 5_000, redundancyMs: 90_000 },
  'replica-kill': usual,
  'replica-reboot': usual,
  'gate-leak': usual,
  'replica-kill-in-bake': promoting,
  'all-databases': { ...usual, failedGets: 'fresh', recoveredMs: 20_000 },
  'balancer-kill': { ...usual, failedGets: 'in-flight', gapMs: 1_000 },
  'control-plane-kill': usual,
  'bad-release': promoting,
  'load-spike': { ...usual, recoveredMs: 30_000 },
} as const satisfies Readonly<Record<string, Limits>>;

export type DrillName = keyof typeof limits;
