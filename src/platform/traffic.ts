import type { EnvironmentName } from '../site/schema.js';

/** Counters that only grow; the difference of two readings is what happened in between. */
export interface TrafficCounters {
  readonly requests: number;
  /** Answers of the 5xx class, and requests that got no answer. */
  readonly failed: number;
}

/** What visitors asked and got, as the balancer saw it. */
export interface Traffic {
  counters(environment: EnvironmentName): Promise<TrafficCounters>;
}
