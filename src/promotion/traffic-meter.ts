import { setTimeout as delay } from 'node:timers/promises';
import type { Traffic, TrafficCounters } from '../platform/traffic.js';

const nothing: TrafficCounters = { requests: 0, failed: 0 };

/**
 * What visitors of prod have asked since it was made. A balancer process that is restarted counts from nothing
 * again: what it had counted since the last reading is lost, nothing else. So it is to be read often.
 */
export class TrafficMeter {
  #last: TrafficCounters | undefined;
  #sum = nothing;

  constructor(private readonly traffic: Traffic) {}

  /** The sum as of the last reading. */
  get sum(): TrafficCounters {
    return this.#sum;
  }

  async read(): Promise<TrafficCounters> {
    const now = await this.traffic.counters('prod');
    const last = this.#last ?? now;
    this.#last = now;
    if (now.requests >= last.requests && now.failed >= last.failed) {
      this.#sum = {
        requests: this.#sum.requests + now.requests - last.requests,
        failed: this.#sum.failed + now.failed - last.failed,
      };
    }
    return this.#sum;
  }

  /** Reads again and again until it is told to stop. A reading that fails is left out. */
  async watch(signal: AbortSignal, everyMs = 1_000): Promise<void> {
    while (!signal.aborted) {
      await this.read().catch(() => undefined);
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
