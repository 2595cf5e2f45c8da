import { build, type Histogram } from 'hdr-histogram-js';

/** Percentiles, in whole ms, exact to two digits. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Longer than any time-out of the balancer. */
const longestMs = 120_000;

/** Counts latencies in a few kilobytes, however many there are. */
export class LatencyHistogram {
  readonly #counts: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: longestMs,
    numberOfSignificantValueDigits: 2,
    bitBucketSize: 32,
  });

  add(ms: number): void {
    this.#counts.recordValue(Math.min(Math.max(ms, 0), longestMs));
  }

  p95(): number {
    return this.#counts.getValueAtPercentile(95);
  }

  summary(): Latency {
    const at = (percentile: number) => this.#counts.getValueAtPercentile(percentile);
    return { p50: at(50), p95: at(95), p99: at(99), max: this.#counts.maxValue };
  }
}
