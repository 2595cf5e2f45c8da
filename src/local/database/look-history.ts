import { detection } from './detection.js';
import type { CommitUnderWay, Observation } from './observe.js';

/** How long what a look shows has been so. All in milliseconds; 0: it is not so. */
export interface Times {
  /** It does not answer, from the beginning of the first look that failed. */
  readonly awayMs: number;
  /** Whether this start of its process has come up. Until then it starts. */
  readonly hasComeUp: boolean;
  /** One and the same commit is at work, and waits for nobody. */
  readonly commitMs: number;
  /** One and the same commit waits for an acknowledgement. */
  readonly acknowledgementMs: number;
  /** Its disk is full. */
  readonly fullMs: number;
}

interface Pending extends CommitUnderWay {
  readonly since: number;
}

/**
 * Remembers the looks at one server. Its clock stands still while nobody looks, so that a control plane that was
 * itself stopped does not find everybody lost.
 */
export class LookHistory {
  #clock = 0;
  #lastMs: number | undefined;
  #awaySince: number | undefined;
  #fullSince: number | undefined;
  #comeUp: string | undefined;
  #pending: readonly Pending[] = [];

  /** @param beganMs when the look began, of `performance.now()` */
  add(seen: Observation, beganMs: number, endedMs = performance.now()): Times {
    const began = this.#tick(beganMs);
    const now = this.#tick(endedMs);
    if (seen.answer || seen.isListening) this.#comeUp = seen.start;
    if (seen.answer) {
      this.#awaySince = undefined;
      this.#pending = seen.answer.commits.map((commit) => this.#pendingOf(commit, began));
    } else {
      this.#awaySince ??= began;
      this.#pending = [];
    }
    const isFull = seen.freeBytes !== undefined && seen.freeBytes < detection.fullBelowBytes;
    this.#fullSince = isFull ? (this.#fullSince ?? began) : undefined;
    const ageOf = (since: number | undefined) => (since === undefined ? 0 : now - since);
    const waiting = this.#pending.filter(({ waitsForStandby }) => waitsForStandby);
    // Behind a commit that waits for its acknowledgement others queue up: they say nothing about this server.
    const working = waiting.length > 0 ? [] : this.#pending;
    return {
      awayMs: ageOf(this.#awaySince),
      hasComeUp: seen.start !== undefined && this.#comeUp === seen.start,
      commitMs: Math.max(0, ...working.map((commit) => ageOf(aged(commit)))),
      acknowledgementMs: Math.max(0, ...waiting.map((commit) => ageOf(aged(commit)))),
      fullMs: ageOf(this.#fullSince),
    };
  }

  /** The same commit as at the last look, if the connection has not begun another statement since. */
  #pendingOf(commit: CommitUnderWay, now: number): Pending {
    const before = this.#pending.find(
      ({ id, waitsForStandby }) => id === commit.id && waitsForStandby === commit.waitsForStandby,
    );
    return { ...commit, since: before && before.seconds <= commit.seconds ? before.since : now };
  }

  #tick(ms: number): number {
    const gap = Math.max(0, ms - (this.#lastMs ?? ms));
    this.#lastMs = ms;
    this.#clock += Math.min(gap, detection.longestGapMs);
    return this.#clock;
  }
}

/** A connection with one quick commit after the other is at a commit at every look: its seconds stay at 0. */
const aged = ({ seconds, since }: Pending) => (seconds === 0 ? undefined : since);
