import { open } from 'node:fs/promises';
import { hasErrno } from '../../output/errors.js';
import type { TrafficSpan } from '../../platform/traffic.js';

/** Of an instance's log, at most so much is read from its end: some 50,000 requests. */
const mostBytes = 24 * 1024 * 1024;
const chunkBytes = 256 * 1024;

/**
 * What the access logs of instances say of a span of time: our own checks left out, which come with the agent
 * `understudy`.
 * @param from,until ms since 1970
 */
export async function spanOf(logs: readonly string[], from: number, until: number): Promise<TrafficSpan> {
  const entries = (await Promise.all(logs.map((log) => entriesSince(log, from)))).flat();
  const asked = entries.filter(({ at, agent }) => at < until && agent !== 'understudy');
  // Made for the visitor while he waited; a page that was refreshed behind him says nothing of what he waited for.
  const uncached = asked.filter(({ cache, upstreamMs }) => upstreamMs !== undefined && cache !== 'UPDATING');
  const times = uncached.map(({ upstreamMs = 0 }) => upstreamMs).sort((a, b) => a - b);
  return {
    requests: asked.length,
    failed: asked.filter(({ status }) => status >= 500).length,
    uncached: times.length,
    p95Ms: Math.round(times[Math.ceil(times.length * 0.95) - 1] ?? 0),
  };
}

interface Entry {
  /** When it was answered, in ms since 1970. */
  readonly at: number;
  readonly status: number;
  readonly cache: string;
  readonly agent: string;
  /** Undefined if the application was not asked. */
  readonly upstreamMs: number | undefined;
}

/** Read from the end, so that a long log costs no more than the span. */
async function entriesSince(log: string, from: number): Promise<readonly Entry[]> {
  const file = await open(log, 'r').catch((error) => {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const entries: Entry[] = [];
    let rest = Buffer.alloc(0);
    for (let end = size; end > 0 && size - end < mostBytes; ) {
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
      if (oldest && oldest.at < from) break;
      end = start;
    }
    return entries;
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
