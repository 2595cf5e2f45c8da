import { UnderstudyError } from '../output/errors.js';
import type { DatedDatabases } from '../platform/platform.js';
import type { Position } from '../platform/position.js';
import { waitUntil } from '../process/wait.js';
import { withOperator } from './operator.js';

export interface CaptureOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the standby may take to apply it. Default 10,000. */
  readonly deadlineMs?: number;
}

/** One wait on the server; between two of them the signal is looked at. */
const waitMs = 250;

/**
 * Reads the position that dev stands at now, such that a failover cannot take it back: the primary's position can
 * include changes that nobody acknowledged yet, so it is used only once the standby has applied it too.
 * While solo there is no standby to fail over to; what holds then is that the position is in the primary's binary
 * log, and that the primary hands out to replicas only what is flushed to its disk.
 * @throws code `standby-behind` if the standby has not applied it in time; `database-unreachable`; the signal's reason
 */
export async function capturePosition(database: DatedDatabases, options: CaptureOptions = {}): Promise<Position> {
  options.signal?.throwIfAborted();
  const { databases, positions } = database;
  const { primary } = await databases.topology();
  const at = await withOperator(databases, primary, (server) => positions.written(server));
  await securePosition(database, at, options);
  return at;
}

/** Waits until the standby, where there is one, has applied a position of the primary. @throws as `capturePosition` */
export async function securePosition(
  { databases, positions }: DatedDatabases,
  at: Position,
  { signal, deadlineMs = 10_000 }: CaptureOptions = {},
): Promise<void> {
  const { standby, state } = await databases.topology();
  if (standby === undefined || state !== 'redundant') return;
  await withOperator(databases, standby, (server) =>
    waitUntil(() => positions.waitUntilApplied(server, at, waitMs), {
      what: `${standby} to apply ${at}`,
      deadlineMs,
      everyMs: 0,
      signal,
    }).catch((error) => {
      signal?.throwIfAborted();
      throw behind(standby, at, error);
    }),
  );
}

function behind(standby: string, at: Position, cause: unknown): UnderstudyError {
  return new UnderstudyError({
    code: 'standby-behind',
    message: `The standby ${standby} has not applied ${at}, which dev stands at, in time.`,
    remedy: 'Wait until `understudy status` shows the database as redundant or solo, and run the command again.',
    cause,
  });
}
