import type { AccessLogs } from '../platform/access-logs.js';
import { parseEntry } from './entry.js';
import { TrafficCounter, type TrafficSummary } from './summary.js';

export interface SummaryOptions {
  /** Both ms since 1970, both included. */
  readonly since: number;
  readonly until: number;
  /** Requests to this host name count. It is the same in everybody's logs, whatever groups of instances are called. */
  readonly domain: string;
  readonly signal?: AbortSignal | undefined;
  /** Told how many lines have been read. */
  readonly read?: (lines: number) => void;
}

/** Sums up what visitors of one host name asked and got. Lines that are none of a load balancer are passed over. */
export async function summaryOf(logs: AccessLogs, options: SummaryOptions): Promise<TrafficSummary> {
  const { since, until, domain, signal, read } = options;
  const counter = new TrafficCounter();
  let count = 0;
  for await (const lines of logs.lines(since, signal)) {
    for (const line of lines) {
      const entry = parseEntry(line);
      if (entry && entry.at >= since && entry.at <= until && hostOf(entry.url) === domain) counter.add(entry);
    }
    count += lines.length;
    read?.(count);
  }
  return counter.summary();
}

function hostOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const start = url.indexOf('://') + 3;
  const slash = url.indexOf('/', start);
  const host = url.slice(start, slash === -1 ? undefined : slash);
  return host.replace(/:\d*$/, '').toLowerCase();
}
