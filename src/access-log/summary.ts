import type { AccessEntry } from './entry.js';
import { type Latency, LatencyHistogram } from './latency.js';
import { PathCounts, type PathSummary } from './paths.js';

export interface EditionTraffic {
  /** Undefined for requests of which the log does not say it: those that no instance answered, and AWS's own logs. */
  readonly edition: number | undefined;
  readonly requests: number;
  readonly failed: number;
  readonly latencyMs: Latency;
}

/** What visitors of one environment asked and got in a stretch of time. */
export interface TrafficSummary {
  readonly requests: number;
  /** Answers of the 5xx class. */
  readonly failed: number;
  /** `2xx`, `3xx`, …; `none` for a visitor who left before the answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** From the request until the answer was sent. */
  readonly latencyMs: Latency;
  readonly bytes: { readonly received: number; readonly sent: number };
  /** Of paths that were asked for at least five times, the slowest by their 95th percentile. */
  readonly slowest: readonly PathSummary[];
  /** Paths with the most answers of the 5xx class. */
  readonly failing: readonly PathSummary[];
  /** The oldest edition first. */
  readonly editions: readonly EditionTraffic[];
}

/** How many paths are listed. */
const listed = 10;

/** Adds up requests one by one, in memory that does not grow with their number. */
export class TrafficCounter {
  readonly #all = new LatencyHistogram();
  readonly #statuses = new Map<string, number>();
  readonly #paths = new PathCounts();
  readonly #editions = new Map<number | undefined, { requests: number; failed: number; latency: LatencyHistogram }>();
  #requests = 0;
  #failed = 0;
  #received = 0;
  #sent = 0;

  add(entry: AccessEntry): void {
    const ms = latencyOf(entry);
    const failed = (entry.status ?? 0) >= 500;
    this.#requests++;
    if (failed) this.#failed++;
    this.#received += entry.receivedBytes;
    this.#sent += entry.sentBytes;
    this.#all.add(ms);
    const status = classOf(entry.status);
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    this.#paths.add(pathOf(entry.url), ms, failed);
    this.#addToEdition(entry.edition, ms, failed);
  }

  #addToEdition(edition: number | undefined, ms: number, failed: boolean): void {
    const of = this.#editions.get(edition) ?? { requests: 0, failed: 0, latency: new LatencyHistogram() };
    this.#editions.set(edition, of);
    of.requests++;
    if (failed) of.failed++;
    of.latency.add(ms);
  }

  summary(): TrafficSummary {
    return {
      requests: this.#requests,
      failed: this.#failed,
      statuses: Object.fromEntries([...this.#statuses].sort(([a], [b]) => (a < b ? -1 : 1))),
      latencyMs: this.#all.summary(),
      bytes: { received: this.#received, sent: this.#sent },
      slowest: this.#paths.slowest(listed),
      failing: this.#paths.failing(listed),
      editions: [...this.#editions]
        .sort(([a = 0], [b = 0]) => a - b)
        .map(([edition, { requests, failed, latency }]) => ({
          edition,
          requests,
          failed,
          latencyMs: latency.summary(),
        })),
    };
  }
}

const latencyOf = ({ requestMs = 0, targetMs = 0, responseMs = 0 }: AccessEntry) => requestMs + targetMs + responseMs;

const classOf = (status: number | undefined) =>
  status === undefined || status < 100 ? 'none' : `${Math.floor(status / 100)}xx`;

/** Without query: there are as many of them as somebody cares to make up. */
function pathOf(url: string | undefined): string {
  if (url === undefined) return '-';
  const start = url.indexOf('/', url.indexOf('://') + 3);
  if (start === -1) return '/';
  const query = url.indexOf('?', start);
  return url.slice(start, query === -1 ? undefined : query);
}
