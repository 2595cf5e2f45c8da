import { open } from 'node:fs/promises';
import { hasErrno } from '../output/errors.js';
import type { TrafficSpan } from '../platform/traffic.js';

/** Of an instance's log, at most so much is read from its end: some 50,000 requests. */
const mostBytes = 24 * 1024 * 1024;
const chunkBytes = 256 * 1024;

/** What was asked in a span of time: all that a `TrafficSpan` is computed from, and several can be put together. */
export interface AskedInSpan {
  readonly requests: number;
  /** Answers of the 5xx class. */
  readonly failed: number;
  /** How long the application took for what it answered itself: whole milliseconds, and how often each. */
  readonly times: Readonly<Record<number, number>>;
}

/**
 * What the access log of an instance says of a span of time: our own checks left out, which come with the agent
 * `understudy`.
 * @param from,until ms since 1970
 */
export async function askedInSpan(log: string, from: number, until: number): Promise<AskedInSpan> {
  const asked = (await entriesSince(log, from)).filter(({ at, agent }) => at < until && agent !== ourAgent);
  const times: Record<number, number> = {};
  for (const { cache, upstreamMs } of asked) {
    // Made for the visitor while he waited; a page that was refreshed behind him says nothing of what he waited for.
    if (upstreamMs === undefined || cache === 'UPDATING') continue;
    const ms = Math.round(upstreamMs);
    times[ms] = (times[ms] ?? 0) + 1;
  }
  return { requests: asked.length, failed: asked.filter(hasFailed).length, times };
}

/** What several instances were asked, as one. */
export function spanOfAll(parts: readonly AskedInSpan[]): TrafficSpan {
  const sum = (of: (part: AskedInSpan) => number) => parts.reduce((total, part) => total + of(part), 0);
  const times = parts
    .flatMap((part) => Object.entries(part.times).map(([ms, count]) => ({ ms: Number(ms), count })))
    .sort((a, b) => a.ms - b.ms);
  const uncached = times.reduce((total, { count }) => total + count, 0);
  let passed = 0;
  const slow = times.find(({ count }) => {
    passed += count;
    return passed >= Math.ceil(uncached * 0.95);
  });
  return { requests: sum((part) => part.requests), failed: sum((part) => part.failed), uncached, p95Ms: slow?.ms ?? 0 };
}

/** What the access logs of instances say of a span of time: see `askedInSpan`. */
export async function spanOf(logs: readonly string[], from: number, until: number): Promise<TrafficSpan> {
  return spanOfAll(await Promise.all(logs.map((log) => askedInSpan(log, from, until))));
}

/** Requests of visitors in lines of an access log. */
export function countLines(text: string): { readonly requests: number; readonly failed: number } {
  const asked = text
    .split('\n')
    .flatMap(parse)
    .filter(({ agent }) => agent !== ourAgent);
  return { requests: asked.length, failed: asked.filter(hasFailed).length };
}

const ourAgent = 'understudy';
const hasFailed = ({ status }: Entry) => status >= 500;

interface Entry {
  /** When it was answered, in ms since 1970. */
  readonly at: number;
  readonly status: number;
  readonly cache: string;
  readonly agent: string;
  /** Undefined if the application was not asked. */
  readonly upstreamMs: number | undefined;
}

/** Also out of the log that was put aside last, where the span began in it. */
async function entriesSince(log: string, from: number): Promise<readonly Entry[]> {
  const present = await entriesIn(log, from, mostBytes);
  if (present.reached) return present.entries;
  const older = await entriesIn(`${log}.1`, from, mostBytes - present.bytes);
  return [...older.entries, ...present.entries];
}

interface ReadEntries {
  readonly entries: readonly Entry[];
  readonly bytes: number;
  /** Whether what is older is of no interest. */
  readonly reached: boolean;
}

/** Read from the end, so that a long log costs no more than the span. */
async function entriesIn(log: string, from: number, most: number): Promise<ReadEntries> {
  const file = await open(log, 'r').catch((error) => {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (!file) return { entries: [], bytes: 0, reached: false };
  try {
    const { size } = await file.stat();
    const entries: Entry[] = [];
    let rest = Buffer.alloc(0);
    for (let end = size; end > 0 && size - end < most; ) {
      const start = Math.max(0, end - chunkBytes);
      const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      const bytes = Buffer.concat([buffer, rest]);
      // The first line may have begun in the part before.
      const cut = start === 0 ? 0 : bytes.indexOf('\n') + 1;
      rest = bytes.subarray(0, cut);
      const parsed = bytes.toString('utf8', cut).split('\n').flatMap(parse);
      entries.push(...parsed.filter(({ at }) => at >= from));
      const [oldest] = parsed;
      // Lines are in the order in which requests ended.
      if (oldest && oldest.at < from) return { entries, bytes: size - start, reached: true };
      end = start;
    }
    return { entries, bytes: size, reached: false };
  } finally {
    await file.close();
  }
}

function parse(line: string): readonly Entry[] {
  if (line === '') return [];
  try {
    const { time, status, cache, agent, upstreamSeconds } = JSON.parse(line);
    // Of several attempts, all count: the visitor waited for each.
    const seconds = String(upstreamSeconds)
      .split(/[,:] ?/)
      .map(Number)
      .filter((value) => Number.isFinite(value));
    const asked = upstreamSeconds !== '' && upstreamSeconds !== '-' && seconds.length > 0;
    const upstreamMs = asked ? seconds.reduce((sum, value) => sum + value, 0) * 1000 : undefined;
    return [
      { at: Number(time) * 1000, status: Number(status), cache: String(cache), agent: String(agent), upstreamMs },
    ];
  } catch {
    // Cut in the middle by a crash.
    return [];
  }
}
