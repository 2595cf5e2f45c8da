import type { EnvironmentName } from '../site/schema.js';

/** Counters that only grow; the difference of two readings is what happened in between. */
export interface TrafficCounters {
  readonly requests: number;
  /** Answers of the 5xx class, and requests that got no answer. */
  readonly failed: number;
}

/** What visitors were answered in a span of time, as the instances saw it. */
export interface TrafficSpan {
  readonly requests: number;
  /** Answers of the 5xx class. */
  readonly failed: number;
  /** Requests that the application answered itself, and how long 95 in 100 of them took at most; 0 without any. */
  readonly uncached: number;
  readonly p95Ms: number;
}

/** What visitors asked and got. */
export interface Traffic {
  /** As the balancer counted it. */
  counters(environment: EnvironmentName): Promise<TrafficCounters>;
  /**
   * Between two moments (ms since 1970), without our own checks. An edition begins with an empty page cache, so only
   * what the application answered itself can be compared with the time before. What is written down late, by a second
   * at most, is missing at the end.
   */
  span(environment: EnvironmentName, from: number, until: number): Promise<TrafficSpan>;
}
