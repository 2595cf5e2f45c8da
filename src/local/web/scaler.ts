import { messageOf } from '../../output/errors.js';
import type { EnvironmentName } from '../../site/schema.js';
import type { Balancer } from '../balancer/balancer.js';
import type { TellEvent } from '../event-journal.js';
import type { InstanceCounts } from './instance-counts.js';
import type { Instances } from './instances.js';
import { LoadMeter } from './load-meter.js';
import { type Capacity, type Change, decideCount, type Load, stillMatters } from './scaling.js';

export interface ScalerOptions {
  readonly environment: EnvironmentName;
  readonly capacity: Capacity;
  readonly instances: Instances;
  readonly counts: InstanceCounts;
  readonly balancer: Pick<Balancer, 'counters'>;
  readonly promotionRuns: () => Promise<boolean>;
  readonly tell: TellEvent;
}

/** After a change that failed, nothing is tried for so long. */
const afterFailureMs = 30_000;

/** Keeps as many instances in one environment as its load needs. `tick` is called once a second. */
export class Scaler {
  readonly #meter: LoadMeter;
  #loads: readonly Load[] = [];
  #change: Promise<void> | undefined;
  /** Set while an instance is on its way out. */
  #wayOut: AbortController | undefined;
  #notBefore = 0;

  constructor(private readonly options: ScalerOptions) {
    const { balancer, environment, instances } = options;
    this.#meter = new LoadMeter(
      () => balancer.counters(environment),
      (id) => instances.origin(id),
    );
  }

  /** Measures, decides, and begins what was decided; does not wait for it. One change at a time. */
  async tick(signal: AbortSignal, now = performance.now()): Promise<void> {
    const { capacity, counts, environment } = this.options;
    const load = await this.#meter.read(now);
    if (load) this.#loads = [...stillMatters(capacity, this.#loads, now), load];
    if (now < this.#notBefore) return;
    const count = counts.of(environment);
    const change = decideCount(capacity, count, this.#loads, now);
    if (!change) return;
    if (change.count > count) this.#wayOut?.abort(new Error('It is needed again.'));
    if (this.#change) return;
    this.#change = this.#carryOut(count, change, signal).finally(() => {
      this.#change = undefined;
      // What was measured before, or while an instance was booting, does not count.
      this.#loads = [];
    });
  }

  /** Ends when no change is going on. */
  async settled(): Promise<void> {
    await this.#change;
  }

  async #carryOut(count: number, change: Change, signal: AbortSignal): Promise<void> {
    const { environment, tell } = this.options;
    const isMore = change.count > count;
    const what = `from ${count} to ${change.count} instances: ${change.why}`;
    const started = performance.now();
    try {
      const done = isMore ? await this.#out(change, signal) : await this.#in(count, change, signal);
      if (!done) return;
      const ms = Math.round(performance.now() - started);
      tell({ kind: isMore ? 'scaled-out' : 'scaled-in', subject: environment, detail: what, ms });
    } catch (error) {
      if (signal.aborted) return;
      this.#notBefore = performance.now() + afterFailureMs;
      tell({ kind: 'scaling-failed', subject: environment, detail: `${what}; ${messageOf(error)}` });
    }
  }

  async #out({ count, why }: Change, signal: AbortSignal): Promise<boolean> {
    const { environment, instances, counts } = this.options;
    const before = counts.of(environment);
    await counts.set(environment, count, why);
    const more = instances.wanted(environment).slice(before);
    const joined = await Promise.allSettled(more.map((instance) => instances.join(instance, signal)));
    const failed = joined.findIndex((one) => one.status === 'rejected');
    const reason = joined.find((one) => one.status === 'rejected')?.reason;
    if (reason === undefined) return true;
    // Cut off by a control plane that ends or applies a definition: what is recorded is then carried out anew.
    if (!signal.aborted) await this.#giveUp(before + failed, reason);
    throw reason;
  }

  /** What cannot be booted is not left half there, nor tried again and again. */
  async #giveUp(count: number, reason: unknown): Promise<void> {
    const { environment, instances, counts } = this.options;
    const more = instances.wanted(environment).slice(count);
    await counts.set(environment, count, `more were needed, and could not be booted: ${messageOf(reason)}`);
    for (const instance of more) await instances.dismiss(instance);
  }

  async #in(count: number, change: Change, signal: AbortSignal): Promise<boolean> {
    const { environment, instances, counts, promotionRuns } = this.options;
    // Asked here as well, so that nothing is recorded that will not be done.
    if (await promotionRuns()) return false;
    const last = instances.wanted(environment).at(-1);
    if (!last) return false;
    const wayOut = new AbortController();
    this.#wayOut = wayOut;
    try {
      const why = counts.status(environment).scaled?.why ?? '';
      await counts.set(environment, change.count, change.why);
      const gone = await instances.retire(last, AbortSignal.any([signal, wayOut.signal]));
      if (!gone) await counts.set(environment, count, why);
      return gone;
    } catch (error) {
      // It is still there and finishes what it has; made ready again, it is what the load now asks for.
      if (!wayOut.signal.aborted || signal.aborted) throw error;
      await counts.set(environment, count, 'the load came back while an instance was on its way out');
      await instances.ensure(last, signal);
      return false;
    } finally {
      this.#wayOut = undefined;
    }
  }
}
