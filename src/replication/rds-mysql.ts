import { UnderstudyError } from '../output/errors.js';
import type { SqlConnection } from '../platform/databases.js';
import { gtidSetText, parseGtidSet } from '../platform/gtid-set.js';
import { type Position, toPosition } from '../platform/position.js';
import { waitUntil } from '../process/wait.js';
import { errno, hasSqlErrno } from '../sql/errors.js';
import { beginSnapshot } from '../sql/sql-text.js';
import type { ReplicaState, ReplicationDialect, SourceError, SourceState } from './dialect.js';

/**
 * RDS for MySQL 8.4 with `gtid_mode=ON`. Replication is configured by RDS and moved by its stored procedures, which
 * raise an error where there is nothing to do: so the state is read first, and again after such an error. A position
 * is the set of all transactions that a server has (`gtid_executed`).
 * Written from AWS's documentation; it has run on no RDS server yet.
 */
export const rdsMysql: ReplicationDialect = {
  read,
  written: async (server) => variable(server, 'gtid_executed'),
  snapshotAt,
  holds,
  waitUntilApplied,
  // RDS has configured it when it made the replica, and keeps it through a failover of the source.
  attach: async () => undefined,
  start,
  startUntil,
  detach,
  oldestStart: async (server) => variable(server, 'gtid_purged'),
};

/** A procedure sleeps for some seconds before it looks whether it has succeeded. */
const procedureMs = 60_000;
const stopMs = 30_000;

interface ReplicaStatus {
  readonly Source_Host: string;
  readonly Source_Port: number;
  readonly Replica_IO_Running: string;
  readonly Replica_SQL_Running: string;
  readonly Until_Condition: string;
  readonly Retrieved_Gtid_Set: string;
  readonly Last_IO_Errno: number;
  readonly Last_IO_Error: string;
  readonly Last_SQL_Errno: number;
  readonly Last_SQL_Error: string;
}

async function read(server: SqlConnection, deadlineMs?: number): Promise<ReplicaState> {
  const [status] = await server.query<ReplicaStatus>('SHOW REPLICA STATUS', [], deadlineMs);
  const [row] = await server.query<{ executed: string; own: string }>(
    'SELECT @@GLOBAL.gtid_executed AS executed, @@GLOBAL.server_uuid AS own',
    [],
    deadlineMs,
  );
  if (!row) throw new RangeError('The server answered without a row.');
  const applied = toPosition(row.executed);
  return { applied, written: applied, source: status && sourceOf(status), errant: errantOf(row.executed, row.own) };
}

/**
 * Undefined while both threads are stopped and nothing has failed: the source stays configured on RDS, and a gate is
 * closed when nothing is fetched and nothing applied. That it stays so is for whoever keeps gates closed.
 */
function sourceOf(status: ReplicaStatus): SourceState | undefined {
  const errors: readonly SourceError[] = [
    { during: 'applying', number: status.Last_SQL_Errno, text: status.Last_SQL_Error },
    { during: 'receiving', number: status.Last_IO_Errno, text: status.Last_IO_Error },
  ];
  const receiving = receivingOf(status.Replica_IO_Running);
  const applying = status.Replica_SQL_Running === 'Yes';
  const error = errors.find(({ number }) => number !== 0);
  if (receiving === 'no' && !applying && !error) return undefined;
  return {
    host: status.Source_Host,
    port: status.Source_Port,
    receiving,
    applying,
    until: status.Until_Condition.startsWith('SQL_AFTER_GTIDS'),
    received: toPosition(status.Retrieved_Gtid_Set),
    error,
  };
}

function receivingOf(running: string): SourceState['receiving'] {
  if (running === 'Yes') return 'yes';
  return running === 'No' ? 'no' : 'connecting';
}

/** What bears the replica's own name was written there. Its source's transactions bear the source's. */
export function errantOf(text: string, own: string): string | undefined {
  const mine = [...parseGtidSet(text)].filter(([writer]) => writer.split(':')[0] === own.toLowerCase());
  return mine.length === 0 ? undefined : gtidSetText(new Map(mine));
}

/** One look takes four short statements; in this time there are hundreds. */
const snapshotMs = 3_000;

/**
 * MySQL does not tell where a snapshot stands, and RDS lets nobody lock the server. So the snapshot is begun again and
 * again until it is known to stand where the server stood just before. That rests on the order in which MySQL commits:
 * a transaction gets its name and is owned, then its changes can be seen, then it leaves `gtid_owned` and enters
 * `gtid_executed` in one go.
 * - What was executed before the snapshot could be seen by then: the snapshot has it.
 * - What the snapshot has was named before. If nothing is owned afterwards, it is executed; and if nothing more is
 *   executed than before, it was executed before.
 * Each line of it is needed, in this order. Nobody waits for it, and nothing is left behind if it is cut off.
 */
async function snapshotAt(server: SqlConnection): Promise<Position | undefined> {
  const end = performance.now() + snapshotMs;
  while (performance.now() < end) {
    const before = await variable(server, 'gtid_executed');
    await server.query(beginSnapshot);
    const isOwned = (await globalText(server, 'gtid_owned')) !== '';
    const after = await variable(server, 'gtid_executed');
    if (!isOwned && after === before) return before;
  }
  return undefined;
}

const variable = async (server: SqlConnection, name: 'gtid_executed' | 'gtid_purged'): Promise<Position> =>
  toPosition(await globalText(server, name));

async function globalText(
  server: SqlConnection,
  name: 'gtid_executed' | 'gtid_purged' | 'gtid_owned',
): Promise<string> {
  const [row] = await server.query<{ value: string }>(`SELECT @@GLOBAL.${name} AS value`);
  return row?.value ?? '';
}

async function holds(server: SqlConnection, at: Position): Promise<boolean> {
  const [row] = await server.query<{ held: number }>('SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed) AS held', [at]);
  return row?.held === 1;
}

async function waitUntilApplied(server: SqlConnection, at: Position, deadlineMs: number): Promise<boolean> {
  if (at === '') return true;
  const seconds = Math.max(1, Math.ceil(deadlineMs / 1000));
  const [row] = await server.query<{ outcome: number }>(
    'SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?) AS outcome',
    [at, seconds],
    seconds * 1000 + 500,
  );
  return row?.outcome === 0;
}

const isRunning = ({ source }: ReplicaState) => source !== undefined && (source.applying || source.receiving !== 'no');

async function start(server: SqlConnection): Promise<void> {
  if (isRunning(await read(server))) return;
  await call(server, 'mysql.rds_start_replication', [], isRunning);
}

/** @throws code `replica-parallel` where RDS would refuse to stop at a transaction */
async function startUntil(server: SqlConnection, to: Position): Promise<void> {
  const [row] = await server.query<{ workers: number }>('SELECT @@GLOBAL.replica_parallel_workers AS workers');
  if ((row?.workers ?? 0) > 1) throw parallel(row?.workers ?? 0);
  // One that follows live, or has reached an earlier position and still receives, cannot be given another end.
  await detach(server);
  await call(server, 'mysql.rds_start_replication_until_gtid', [endOf(to)], isRunning);
}

/** The procedure takes one transaction. Of one server's, the last says it all; of several, all have to be named. */
export function endOf(to: Position): string {
  const writers = [...parseGtidSet(to)];
  const [first] = writers;
  const last = first?.[1].at(-1);
  return writers.length === 1 && first && last ? `${first[0]}:${last[1]}` : to;
}

async function detach(server: SqlConnection): Promise<void> {
  if (!isRunning(await read(server))) return;
  await call(server, 'mysql.rds_stop_replication', [], (state) => !isRunning(state));
  await waitUntil(async () => !isRunning(await read(server)), {
    what: 'replication to stop',
    deadlineMs: stopMs,
    everyMs: 250,
  });
}

/**
 * Calls a procedure. It raises 1644 (SQLSTATE 45000) also where somebody else has just done the same.
 * @param isDone told from the state after such an error
 */
async function call(
  server: SqlConnection,
  procedure: string,
  values: readonly string[],
  isDone: (state: ReplicaState) => boolean,
): Promise<void> {
  try {
    await server.query(`CALL ${procedure}${values.length > 0 ? '(?)' : ''}`, values, procedureMs);
  } catch (error) {
    if (hasSqlErrno(error, errno.raisedByProcedure) && isDone(await read(server))) return;
    throw error;
  }
}

const parallel = (workers: number) =>
  new UnderstudyError({
    code: 'replica-parallel',
    message: `The replica applies with ${workers} workers, and stops exactly at a transaction with one only.`,
    remedy: "Set replica_parallel_workers to 1 in the replicas' parameter group.",
  });
