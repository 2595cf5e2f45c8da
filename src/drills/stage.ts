import type { Faults } from '../platform/faults.js';
import type { Platform } from '../platform/platform.js';
import type { PlatformStatus } from '../platform/status.js';
import type { Site } from '../site/schema.js';
import type { Place } from './ask.js';
import type { Random } from './random.js';
import type { Login } from './wordpress-session.js';

/** How a promotion that a drill asked for ended. */
export interface DrilledPromotion {
  readonly outcome: string;
  /** Why it did not come to its end. */
  readonly problem: string | undefined;
}

/** A platform that drills may be aimed at, and what they need beside it. */
export interface Ground {
  readonly site: Site;
  readonly platform: Platform;
  readonly faults: Faults;
  readonly status: () => Promise<PlatformStatus>;
  readonly places: Readonly<Record<'dev' | 'prod', Place>>;
  /** Who writes in dev; undefined for a site that is not WordPress. */
  readonly login: Login | undefined;
  /** Promotes as a person would. Ends when the promotion has. */
  readonly promote: (options: { readonly bakeSeconds: number }) => Promise<DrilledPromotion>;
}

/** What one drill is given while it goes on. */
export interface Stage extends Ground {
  readonly random: Random;
  /** Chosen so that a seed gives the same run. Aborted when the drill is to end early. */
  readonly signal: AbortSignal;
  /** Writes a line into the time line. */
  readonly note: (text: string) => void;
  /** To be called at the moment of a fault, by whoever does not leave it to the one fault that every drill has. */
  readonly strike: (what: string, work: () => Promise<void>) => Promise<void>;
  /** Waits until everything is there again that was there before the fault. @throws code `deadline` */
  readonly whole: () => Promise<void>;
  /** What was not as it should be, in words: the drill is broke then. */
  readonly blame: (problems: readonly string[]) => void;
  /** From now on, this many more visitors, who ask for pages that no cache has, each as soon as he is answered. */
  readonly crowd: (count: number) => void;
}
