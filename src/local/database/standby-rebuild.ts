import { messageOf } from '../../output/errors.js';
import type { ServerId } from '../../platform/edition.js';
import type { TellEvent } from '../event-journal.js';
import { Backoff } from './backoff.js';
import { detection } from './detection.js';

export interface StandbyRebuildOptions {
  /** Makes a standby a copy of the primary, with its binary logs. It runs afterwards. May take as long as data is large. */
  readonly rebuildStandby: (standby: ServerId, primary: ServerId, signal: AbortSignal) => Promise<void>;
  readonly tell: TellEvent;
}

/**
 * Makes the standby a copy of the primary in the background: copying takes long, and meanwhile somebody must look after
 * the primary. One at a time; one that failed is tried again later each time.
 */
export class StandbyRebuild {
  readonly #backoff = new Backoff(detection.rebuildAgainMs, detection.rebuildAtLatestMs);
  readonly #ending = new AbortController();
  #stopping = new AbortController();
  #underWay: Promise<void> | undefined;

  constructor(private readonly options: StandbyRebuildOptions) {}

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  isDue(): boolean {
    return this.#backoff.isDue();
  }

  /** Does not wait for it. What comes of it is told as an event. */
  begin(standby: ServerId, primary: ServerId, reason: string): void {
    const { rebuildStandby, tell } = this.options;
    this.#backoff.putOff();
    const began = performance.now();
    const told = (kind: 'standby-rebuilt' | 'rebuild-failed', detail: string) =>
      tell({ kind, subject: standby, detail, ms: Math.round(performance.now() - began) });
    this.#stopping = new AbortController();
    const signal = AbortSignal.any([this.#ending.signal, this.#stopping.signal]);
    this.#underWay = rebuildStandby(standby, primary, signal)
      .then(
        () => told('standby-rebuilt', `It is a copy of ${primary}. ${reason}`),
        (error) => {
          if (!signal.aborted) told('rebuild-failed', `${messageOf(error)} It had to be rebuilt: ${reason}`);
        },
      )
      .finally(() => {
        this.#underWay = undefined;
      });
  }

  /** Redundancy has lasted: earlier failures count no more. */
  forget(): void {
    this.#backoff.forget();
  }

  /** Stops the one that is under way, and waits until it has. Another one may begin. */
  async stop(reason: Error): Promise<void> {
    this.#stopping.abort(reason);
    await this.#underWay;
  }

  /** The same for good. */
  async end(reason: Error): Promise<void> {
    this.#ending.abort(reason);
    await this.#underWay;
  }
}
