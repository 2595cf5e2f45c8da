import type { DrillName } from './limits.js';
import type { Ground, Stage } from './stage.js';

/** One thing that is broken while visitors and authors are at it. */
export interface Drill {
  readonly name: DrillName;
  /** What is done, in a few words. */
  readonly summary: string;
  /** Why it cannot be done here, in words; undefined if it can. */
  readonly unfit?: (
    stage: Pick<Stage, 'site' | 'platform' | 'faults'>,
  ) => string | undefined | Promise<string | undefined>;
  /** Makes ready what the fault needs, before anybody is at work. What it has made is removed by `tidy`. */
  readonly prepare?: (ground: Ground, signal: AbortSignal) => Promise<void>;
  /** Breaks it, by `strike`. */
  readonly fault: (stage: Stage) => Promise<void>;
  /** Removes what the drill itself has left, also when it was cut off, and before a drill begins. */
  readonly tidy?: (ground: Ground) => Promise<void>;
  /** Once everything is there again: what else has to be so. @returns what is not, in words */
  readonly check?: (stage: Stage) => Promise<readonly string[]>;
}
