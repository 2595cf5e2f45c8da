import { LatencyHistogram } from './latency.js';

export interface PathSummary {
  readonly path: string;
  readonly requests: number;
  readonly failed: number;
  readonly p95Ms: number;
}

interface Counts {
  requests: number;
  failed: number;
  /** The first few are kept as they are: most paths that somebody makes up are asked for once. */
  readonly first: number[];
  histogram: LatencyHistogram | undefined;
}

/** Each costs seven kilobytes at most, nearly all of it its histogram. */
const mostPaths = 4_000;
/** Below this a percentile says nothing. */
const fewestForPercentile = 5;

/**
 * Counts by path. Whoever asks for made-up paths could fill the memory, so that when there are too many, those that
 * were asked for least are forgotten: a path that matters comes often. Ones that failed are kept longest.
 */
export class PathCounts {
  #counts = new Map<string, Counts>();

  add(path: string, ms: number, failed: boolean): void {
    const counts = this.#counts.get(path) ?? this.#begin(path);
    counts.requests++;
    if (failed) counts.failed++;
    note(counts, ms);
  }

  #begin(path: string): Counts {
    if (this.#counts.size >= mostPaths) this.#forget();
    const counts: Counts = { requests: 0, failed: 0, first: [], histogram: undefined };
    this.#counts.set(path, counts);
    return counts;
  }

  #forget(): void {
    const byWeight = [...this.#counts].sort(([, a], [, b]) => b.failed - a.failed || b.requests - a.requests);
    this.#counts = new Map(byWeight.slice(0, mostPaths / 2));
  }

  /** By the 95th percentile. */
  slowest(count: number): readonly PathSummary[] {
    return this.#summaries(({ requests }) => requests >= fewestForPercentile)
      .sort((a, b) => b.p95Ms - a.p95Ms || b.requests - a.requests)
      .slice(0, count);
  }

  failing(count: number): readonly PathSummary[] {
    return this.#summaries(({ failed }) => failed > 0)
      .sort((a, b) => b.failed - a.failed || b.requests - a.requests)
      .slice(0, count);
  }

  #summaries(wanted: (counts: Counts) => boolean): PathSummary[] {
    return [...this.#counts]
      .filter(([, counts]) => wanted(counts))
      .map(([path, counts]) => {
        const { requests, failed, first, histogram } = counts;
        return { path, requests, failed, p95Ms: histogram?.p95() ?? Math.max(...first) };
      });
  }
}

function note(counts: Counts, ms: number): void {
  if (counts.histogram) {
    counts.histogram.add(ms);
    return;
  }
  counts.first.push(ms);
  if (counts.first.length < fewestForPercentile) return;
  counts.histogram = new LatencyHistogram();
  for (const one of counts.first) counts.histogram.add(one);
}
