import type { Layout } from '../../local/layout.js';
import { logFiles } from '../../local/log-files.js';
import { usageError } from '../../output/errors.js';
import { runAttached } from '../../process/run-attached.js';

export interface ShowLogsOptions {
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/**
 * Prints the last lines of logs: all of them, or those of an environment, instance or server.
 * @returns the exit status
 * @throws usage `no-such-log`
 */
export async function showServerLogs(
  layout: Layout,
  what: string | undefined,
  { lines, follow, signal }: ShowLogsOptions,
): Promise<number> {
  const all = await logFiles(layout);
  const chosen = all.filter(
    ({ name }) => what === undefined || name === what || name.startsWith(`${what}.`) || name.startsWith(`${what}-`),
  );
  if (chosen.length === 0) {
    throw usageError({
      code: 'no-such-log',
      message: what === undefined ? 'There are no logs yet.' : `There is no log of ${JSON.stringify(what)}.`,
      remedy:
        all.length > 0 ? `There are: ${[...new Set(all.map(({ name }) => name))].join(', ')}.` : 'Run `understudy up`.',
    });
  }
  signal.throwIfAborted();
  const following = follow ? ['--follow=name', '--retry'] : [];
  return runAttached('tail', [...following, '-n', String(lines), ...chosen.map(({ path }) => path)], { cwd: '/' });
}
