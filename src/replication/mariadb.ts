import type { SqlConnection } from '../platform/databases.js';
import { type Position, sequenceOf, toPosition } from '../platform/position.js';
import { startOf } from './binlog-start.js';
import type { ReplicaState, ReplicationDialect, Source, SourceError, SourceState } from './dialect.js';

/** MariaDB 10.11 with GTIDs in one domain. The account is `operator`. */
export const mariadb: ReplicationDialect = {
  read,
  written,
  snapshotAt,
  holds,
  waitUntilApplied,
  attach,
  start: async (server) => void (await server.query('START SLAVE')),
  startUntil: async (server, to) => void (await server.query('START SLAVE UNTIL master_gtid_pos = ?', [to])),
  detach,
  oldestStart,
};

async function read(server: SqlConnection, deadlineMs?: number): Promise<ReplicaState> {
  const source = await readSource(server, deadlineMs);
  const [row] = await server.query<{ applied: string; written: string; state: string; own: number }>(
    'SELECT @@gtid_slave_pos AS applied, @@gtid_binlog_pos AS written, @@gtid_binlog_state AS state, @@server_id AS own',
    [],
    deadlineMs,
  );
  if (!row) throw new RangeError('The server answered without a row.');
  const applied = toPosition(row.applied);
  const at = toPosition(row.written);
  return { applied, written: at, source, errant: errantOf(applied, at, row.state, row.own, source) };
}

/**
 * A transaction that bears the server's own number was written here: a replica never was primary. While nothing is
 * applied, the end of the binary log (which replicated changes enter too) must also be what was applied, unless the
 * log is empty as in a fresh clone. Replication itself shows none of this.
 */
function errantOf(
  applied: Position,
  written: Position,
  state: string,
  own: number,
  source: SourceState | undefined,
): string | undefined {
  const mine = state.split(',').filter((gtid) => gtid.split('-')[1] === String(own));
  if (mine.length > 0) return mine.join(',');
  const isStill = !source?.applying;
  return isStill && written !== '' && written !== applied ? written : undefined;
}

interface SlaveStatus {
  readonly Master_Host: string;
  readonly Master_Port: number;
  readonly Slave_IO_Running: string;
  readonly Slave_SQL_Running: string;
  readonly Until_Condition: string;
  readonly Gtid_IO_Pos: string;
  readonly Last_IO_Errno: number;
  readonly Last_IO_Error: string;
  readonly Last_SQL_Errno: number;
  readonly Last_SQL_Error: string;
}

async function readSource(server: SqlConnection, deadlineMs?: number): Promise<SourceState | undefined> {
  const [status] = await server.query<SlaveStatus>('SHOW SLAVE STATUS', [], deadlineMs);
  if (!status) return undefined;
  const errors: readonly SourceError[] = [
    { during: 'applying', number: status.Last_SQL_Errno, text: status.Last_SQL_Error },
    { during: 'receiving', number: status.Last_IO_Errno, text: status.Last_IO_Error },
  ];
  return {
    host: status.Master_Host,
    port: status.Master_Port,
    receiving: status.Slave_IO_Running === 'Yes' ? 'yes' : status.Slave_IO_Running === 'No' ? 'no' : 'connecting',
    applying: status.Slave_SQL_Running === 'Yes',
    until: status.Until_Condition === 'Gtid',
    received: toPosition(status.Gtid_IO_Pos),
    error: errors.find(({ number }) => number !== 0),
  };
}

async function written(server: SqlConnection): Promise<Position> {
  const [row] = await server.query<{ at: string }>('SELECT @@gtid_binlog_pos AS at');
  return toPosition(row?.at ?? '');
}

async function snapshotAt(server: SqlConnection): Promise<Position | undefined> {
  const rows = await server.query<{ Variable_name: string; Value: string }>("SHOW STATUS LIKE 'binlog_snapshot_%'");
  const named = (name: string) => rows.find((row) => row.Variable_name.toLowerCase() === name)?.Value;
  const [file, offset] = [named('binlog_snapshot_file'), Number(named('binlog_snapshot_position'))];
  if (!file || !(offset > 0)) return undefined;
  const [row] = await server.query<{ at: string | null }>('SELECT BINLOG_GTID_POS(?, ?) AS at', [file, offset]);
  return row?.at == null ? undefined : toPosition(row.at);
}

/** `gtid_binlog_state` has the last transaction of every server that ever wrote in this history. */
async function holds(server: SqlConnection, at: Position): Promise<boolean> {
  if (at === '') return true;
  const [row] = await server.query<{ state: string }>('SELECT @@gtid_binlog_state AS state');
  const writer = at.slice(0, at.lastIndexOf('-') + 1);
  const last = row?.state.split(',').find((gtid) => gtid.startsWith(writer));
  return last !== undefined && sequenceOf(toPosition(last)) >= sequenceOf(at);
}

async function waitUntilApplied(server: SqlConnection, at: Position, deadlineMs: number): Promise<boolean> {
  const [row] = await server.query<{ outcome: number }>(
    'SELECT MASTER_GTID_WAIT(?, ?) AS outcome',
    [at, deadlineMs / 1000],
    deadlineMs + 500,
  );
  return row?.outcome === 0;
}

async function attach(server: SqlConnection, { host, port, user, password }: Source, demote = false): Promise<void> {
  // The server is told to write no statement of this session down: the next one holds the password.
  await server.query('SET SESSION slow_query_log = 0');
  await server.query(
    'CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = ?, MASTER_USER = ?, MASTER_PASSWORD = ?, ' +
      `MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1${demote ? ', MASTER_DEMOTE_TO_SLAVE = 1' : ''}`,
    [host, port, user, password.reveal()],
  );
}

async function detach(server: SqlConnection): Promise<void> {
  if (!(await readSource(server))) return;
  await server.query('STOP SLAVE');
  // Keeps gtid_slave_pos. START SLAVE fails from here on, so that nothing opens the gate by accident.
  await server.query('RESET SLAVE ALL');
}

async function oldestStart(server: SqlConnection): Promise<Position> {
  const [oldest] = await server.query<{ Log_name: string }>('SHOW BINARY LOGS');
  return oldest ? startOf(server, oldest.Log_name) : toPosition('');
}
