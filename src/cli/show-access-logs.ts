import type { AccessLogs } from '../platform/access-logs.js';
import { accessLogsOf, type BucketPlace } from './access-logs.js';
import type { CommandContext } from './command.js';

export interface ShowOptions {
  /** How many of the last lines. */
  readonly lines: number;
  readonly follow: boolean;
  /** Undefined: those of the platform that is meant. */
  readonly from: BucketPlace | undefined;
  readonly signal: AbortSignal;
}

const hourMs = 3_600_000;
/** How far back the last lines are looked for: what is recent is at hand, what is old has to be unpacked. */
const farBackMs = [0, hourMs, 24 * hourMs, 31 * 24 * hourMs] as const;

/** Writes the last lines of access logs to standard output, and with `follow` those that come. */
export async function showAccessLogs(
  context: CommandContext,
  { lines, follow, from, signal }: ShowOptions,
): Promise<void> {
  const { logs } = await accessLogsOf(context, from);
  const coming = follow ? logs.follow(signal) : undefined;
  const last = await lastLines(logs, lines, signal);
  write(last);
  // What came while the last lines were looked for is in both.
  const shown = new Set(last);
  for await (const batch of coming ?? []) write(batch.filter((line) => !shown.has(line)));
}

function write(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

async function lastLines(logs: AccessLogs, count: number, signal: AbortSignal): Promise<readonly string[]> {
  let last: string[] = [];
  for (const ms of farBackMs) {
    last = [];
    for await (const batch of logs.lines(Date.now() - ms, signal)) {
      last.push(...batch);
      if (last.length > 20 * (count + 1_000)) last = newest(last, count);
    }
    last = newest(last, count);
    if (last.length >= count) break;
  }
  return last;
}

/** Lines come from several files, in no order; a line begins with its type and its time. */
function newest(lines: readonly string[], count: number): string[] {
  const timed = lines.map((line) => ({ line, at: line.split(' ', 2)[1] ?? '' }));
  timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return timed.slice(Math.max(0, timed.length - count)).map(({ line }) => line);
}
