import { UnderstudyError } from '../output/errors.js';
import type { AdvanceOptions, Databases, GateStatus, ReplicationGate, SqlConnection } from '../platform/databases.js';
import type { ServerId } from '../platform/edition.js';
import type { DatedDatabases } from '../platform/platform.js';
import type { Position } from '../platform/position.js';
import { waitUntil } from '../process/wait.js';
import { type CaptureOptions, securePosition } from './capture.js';
import type { ReplicaState, ReplicationDialect, Source } from './dialect.js';
import { withOperator } from './operator.js';
import { compare } from './position.js';

export interface GateOptions {
  readonly databases: Databases;
  readonly dialect: ReplicationDialect;
  /** Whom a replica is to follow, asked at each start: the primary may have moved. */
  readonly source: () => Promise<Source>;
}

const defaultDeadlineMs = 60_000;
/** Of each statement: whoever asks how all replicas stand must not wait for the one that hangs. */
const statusMs = 3_000;
/** Between two looks at a replica that advances. */
const lookEveryMs = 50;

/**
 * The gate by way of the servers' own SQL. It keeps nothing in memory: whoever asks after a crash, of this program
 * or of the server, sees what is really configured.
 */
export function replicationGate({ databases, dialect, source }: GateOptions): ReplicationGate {
  const on = <T>(server: ServerId, work: (connection: SqlConnection) => Promise<T>) =>
    withOperator(databases, server, work);
  return {
    status: (replica) => on(replica, async (connection) => statusOf(await dialect.read(connection, statusMs))),
    close: (replica) => on(replica, (connection) => dialect.detach(connection)),
    requireKnown: (position) => requireOnSource({ databases, positions: dialect }, position, {}),
    open: (replica) =>
      on(replica, async (connection) => {
        const { gate } = statusOf(await dialect.read(connection));
        if (gate === 'open') return;
        await dialect.detach(connection);
        await dialect.attach(connection, await source());
        await dialect.start(connection);
      }),
    advance: (replica, to, options = {}) =>
      on(replica, async (connection) => {
        try {
          await advance(replica, connection, to, { databases, dialect, source }, options);
        } finally {
          await closeAnyhow(databases, dialect, replica, connection);
        }
      }),
  };
}

/** What the two replication threads and the source come to. Expected positions are the caller's to compare. */
export function statusOf({ applied, source, errant }: ReplicaState): GateStatus {
  const status = { position: applied, errant };
  if (!source) return { ...status, gate: 'closed', error: undefined };
  if (source.error) return { ...status, gate: 'broken', error: source.error.text };
  // Both threads off without an error: it has reached its position and waits to be closed.
  if (source.until) return { ...status, gate: 'advancing', error: undefined };
  if (source.applying && source.receiving !== 'no') return { ...status, gate: 'open', error: undefined };
  return {
    ...status,
    gate: 'broken',
    error: 'It has a source but does not apply its changes: it was restarted, or stopped, while its gate was open.',
  };
}

async function advance(
  replica: ServerId,
  connection: SqlConnection,
  to: Position,
  { databases, dialect, source }: GateOptions,
  { deadlineMs = defaultDeadlineMs, signal, onPosition }: AdvanceOptions,
): Promise<void> {
  const endAt = performance.now() + deadlineMs;
  const left = () => Math.max(1, endAt - performance.now());
  signal?.throwIfAborted();
  // Whatever an earlier advance left running must not move the position that is compared next.
  await dialect.detach(connection);
  const before = await dialect.read(connection);
  if (before.errant !== undefined) throw errantError(replica, before.errant);
  const order = compare(before.applied, to);
  if (order === 'same') return;
  if (order !== 'before') throw passedError(replica, before.applied, to);
  await requireOnSource({ databases, positions: dialect }, to, { deadlineMs: left(), signal });
  signal?.throwIfAborted();
  await dialect.attach(connection, await source());
  await dialect.startUntil(connection, to);
  await waitUntil(
    async () => {
      const state = await dialect.read(connection);
      onPosition?.(state.applied);
      // A primary that is restarting, or has moved, is worth waiting for; other errors do not mend themselves.
      const isConnecting = state.source?.receiving === 'connecting';
      const error = state.source?.error;
      if (error && !(isConnecting && error.during === 'receiving')) throw brokenError(replica, error.text);
      return !state.source?.applying && !isConnecting;
    },
    { what: `${replica} to reach ${to}`, deadlineMs: left(), everyMs: lookEveryMs, signal },
  );
  // One that was only seen standing may still move: what counts is where it stands once nothing runs any more.
  await dialect.detach(connection);
  const { applied } = await dialect.read(connection);
  if (compare(applied, to) !== 'same') {
    throw brokenError(replica, `It stopped at ${applied || 'the empty position'} instead of ${to}.`);
  }
}

/**
 * A replica that is told to stop at a position that its source does not have never stops: it follows live. So the
 * primary must hold it at this moment, and the standby too, lest a failover in between takes it back.
 */
async function requireOnSource(database: DatedDatabases, to: Position, options: CaptureOptions): Promise<void> {
  const { databases, positions } = database;
  const { primary } = await databases.topology();
  // The primary is asked first: a position that nobody has would be waited for until the deadline.
  if (!(await withOperator(databases, primary, (server) => positions.holds(server, to)))) {
    throw unknownError(primary, to);
  }
  await securePosition(database, to, options);
}

/** Closes on the connection that there is, or on a new one if that was lost on the way. */
async function closeAnyhow(
  databases: Databases,
  dialect: ReplicationDialect,
  replica: ServerId,
  connection: SqlConnection,
): Promise<void> {
  try {
    await dialect.detach(connection);
  } catch {
    await withOperator(databases, replica, (fresh) => dialect.detach(fresh));
  }
}

function unknownError(where: string, to: Position): UnderstudyError {
  return new UnderstudyError({
    code: 'position-unknown',
    message: `The position ${to} is not in the history of ${where}.`,
    remedy: 'Promote again: a new plan reads the position that dev stands at now.',
  });
}

function passedError(replica: ServerId, at: Position, to: Position): UnderstudyError {
  return new UnderstudyError({
    code: 'position-passed',
    message: `${replica} stands at ${at}, which does not come before ${to || 'the empty position'}.`,
    remedy: 'Promote again: content only moves forward.',
  });
}

function errantError(replica: ServerId, errant: string): UnderstudyError {
  return brokenError(replica, `It has transactions of its own that dev does not have: ${errant}.`);
}

function brokenError(replica: ServerId, words: string): UnderstudyError {
  return new UnderstudyError({
    code: 'gate-broken',
    message: `${replica} cannot apply dev's changes. ${words}`,
    remedy: 'It has to be rebuilt from the other replica.',
  });
}
