import { type Situation, whyPrimaryLost } from './decide.js';

/** Remembers since when writes are away: what events say is counted from there. Times of `performance.now()`. */
export class PrimaryLoss {
  #since: number | undefined;

  /** To be told of every look. */
  remember(seen: Situation): void {
    const { roles, primary, primaryTimes: times } = seen;
    const isServing = primary.answer?.readOnly === false && whyPrimaryLost(seen) === undefined;
    if (isServing && !roles.moving) this.#since = undefined;
    else this.#since ??= performance.now() - Math.max(times.awayMs, times.commitMs, times.fullMs);
  }

  /** It is about to be taken away on purpose. */
  begins(): void {
    this.#since = performance.now();
  }

  /** Writes are back. */
  ends(): void {
    this.#since = undefined;
  }

  /** For how long writes have been away; undefined if they are not. In ms. */
  get ms(): number | undefined {
    return this.#since === undefined ? undefined : Math.round(performance.now() - this.#since);
  }
}
