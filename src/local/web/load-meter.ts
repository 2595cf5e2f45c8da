import type { PhpStatus } from '../../platform/instance-answers.js';
import type { BackendCounters } from '../balancer/balancer.js';
import { type Load, scalingLimits, workersPerInstance } from './scaling.js';
import { phpOf, phpWorkers } from './web-instance.js';

/** With fewer requests under way, an instance cannot have so many busy workers that they would matter. */
const askFrom = Math.floor(workersPerInstance * scalingLimits.inShare);

/** Tells an environment's load from one reading of the balancer's counters to the next. */
export class LoadMeter {
  #last: { readonly at: number; readonly requestsOf: BackendCounters['requestsOf'] } | undefined;

  constructor(
    private readonly counters: () => Promise<BackendCounters>,
    private readonly originOf: (id: string) => string | undefined,
    private readonly ask: (origin: string) => Promise<Pick<PhpStatus, 'busy'> | undefined> = phpOf,
  ) {}

  /** @returns the load since the last reading; undefined at the first one, or when no balancer process answers */
  async read(now: number): Promise<Load | undefined> {
    const { requestsOf, sessions, health } = await this.counters();
    const last = this.#last;
    this.#last = { at: now, requestsOf };
    if (!last || Object.keys(requestsOf).length === 0) return undefined;
    const serving = Object.keys(health).filter((id) => health[id] === 'up' && this.originOf(id) !== undefined);
    const busy = await Promise.all(serving.map((id) => this.#workersWanted(id, sessions[id] ?? 0)));
    return {
      at: now,
      requestsPerSecond: (requestsBetween(last.requestsOf, requestsOf) * 1000) / (now - last.at),
      workers: busy.reduce((sum, one) => sum + one, 0),
    };
  }

  /**
   * Nobody but the balancer's visitors keeps PHP busy for long, so the requests under way are the most that it can be:
   * only where these alone would matter is PHP asked. Most of them may be answered by the page cache.
   */
  async #workersWanted(id: string, underWay: number): Promise<number> {
    if (underWay < askFrom) return underWay;
    const busy = (await this.ask(this.originOf(id) ?? ''))?.busy;
    // An instance that does not say is about to be replaced.
    if (busy === undefined) return 0;
    // PHP does not tell how many wait for it: what is under way beyond the workers does.
    return busy < phpWorkers ? Math.min(busy, underWay) : Math.max(busy, underWay);
  }
}

/** A process that was started anew counts from nothing; one that was silent tells all at once what it has counted. */
function requestsBetween(before: BackendCounters['requestsOf'], after: BackendCounters['requestsOf']): number {
  return Object.entries(after).reduce((sum, [name, count]) => sum + Math.max(0, count - (before[name] ?? count)), 0);
}
