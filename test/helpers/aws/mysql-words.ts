import type { SqlConnection } from '../../../src/platform/databases.js';
import { gtidSetText, isSubset, parseGtidSet } from '../../../src/platform/gtid-set.js';

/** What a MariaDB server that stands in for one of RDS has to remember to answer as MySQL would. */
export interface StandIn {
  /** MariaDB's `server_id`: 1 is the primary. */
  readonly number: number;
  /**
   * Set from `rds_start_replication_until_gtid` to the next stop: MySQL's I/O thread runs on when the SQL thread has
   * stopped at its end, and MariaDB's does not.
   */
  until: boolean;
  /** `replica_parallel_workers`. */
  workers: number;
  admin(): Promise<SqlConnection>;
}

/** MySQL names servers by UUID. */
export const uuidOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** A position of MariaDB in one domain (`0-1-42`) as the set of MySQL that it means. */
export function setOf(position: string): string {
  const sets = position.split(',').flatMap((gtid) => {
    const [, server, sequence] = gtid.trim().split('-').map(Number);
    return server === undefined || sequence === undefined ? [] : [`${uuidOf(server)}:1-${sequence}`];
  });
  return gtidSetText(parseGtidSet(sets.join(',')));
}

/** Its last transaction, as MariaDB writes it. */
export function positionOf(set: string): string {
  return [...parseGtidSet(set)]
    .map(([uuid, intervals]) => `0-${Number(uuid.slice(-12))}-${intervals.at(-1)?.[1] ?? 0}`)
    .join(',');
}

const concerned = /replica status|gtid_|server_uuid|replica_parallel_workers|mysql\.rds_/i;

/** Whether a statement has to be said in other words. */
export const isMysqls = (sql: string) => concerned.test(sql);

/** A statement of MySQL 8.4 in MariaDB's words; what the server has to be asked for becomes a literal in it. */
export async function inMariadbsWords(sql: string, server: StandIn): Promise<string> {
  if (/^\s*show\s+replica\s+status/i.test(sql)) return statusQuery(server);
  const [, procedure] = /^\s*call\s+mysql\.(rds_\w+)/i.exec(sql) ?? [];
  if (procedure) return callOf(procedure.toLowerCase(), sql, server);
  const executed = quoted(await executedBy(server));
  return sql
    .replaceAll(/@@global\.gtid_executed/gi, executed)
    .replaceAll(/@@global\.gtid_(purged|owned)/gi, "''")
    .replaceAll(/@@global\.server_uuid/gi, quoted(uuidOf(server.number)))
    .replaceAll(/@@global\.replica_parallel_workers/gi, String(server.workers))
    .replaceAll(/gtid_subset\('([^']*)',\s*'([^']*)'\)/gi, (_all, part: string, whole: string) =>
      isSubset(parseGtidSet(part), parseGtidSet(whole)) ? '1' : '0',
    )
    .replaceAll(
      /wait_for_executed_gtid_set\('([^']*)',\s*([\d.]+)\)/gi,
      (_all, set: string, seconds: string) => `IF(MASTER_GTID_WAIT(${quoted(positionOf(set))}, ${seconds}) = 0, 0, 1)`,
    );
}

const quoted = (text: unknown) => `'${String(text ?? '').replaceAll(/['\\]/g, '\\$&')}'`;

interface SlaveStatus {
  readonly [column: string]: string | number | null;
}

async function slaveStatus(server: StandIn): Promise<SlaveStatus | undefined> {
  const [row] = await (await server.admin()).query<SlaveStatus>('SHOW SLAVE STATUS');
  return row;
}

async function executedBy(server: StandIn): Promise<string> {
  const [row] = await (await server.admin()).query<{ slave: string; binlog: string; state: string }>(
    'SELECT @@gtid_slave_pos AS slave, @@gtid_binlog_pos AS binlog, @@gtid_binlog_state AS state',
  );
  if (!row) return '';
  if (server.number === 1) return setOf(row.binlog);
  const own = row.state.split(',').filter((gtid) => gtid.split('-')[1] === String(server.number));
  // How many it wrote itself MariaDB does not tell; that there are some is what counts.
  const errant = own.length > 0 ? `${uuidOf(server.number)}:1` : '';
  return gtidSetText(parseGtidSet([setOf(row.slave), errant].filter(Boolean).join(',')));
}

async function statusQuery(server: StandIn): Promise<string> {
  const row = await slaveStatus(server);
  if (!row) return 'SELECT 1 FROM DUAL WHERE FALSE';
  const receives = String(row.Slave_IO_Running);
  const values: Readonly<Record<string, unknown>> = {
    Source_Host: row.Master_Host,
    Source_Port: row.Master_Port,
    Replica_IO_Running: server.until && receives === 'No' ? 'Yes' : receives === 'Preparing' ? 'Connecting' : receives,
    Replica_SQL_Running: row.Slave_SQL_Running,
    Until_Condition: server.until ? 'SQL_AFTER_GTIDS' : 'None',
    Retrieved_Gtid_Set: setOf(String(row.Gtid_IO_Pos ?? '')),
    Last_IO_Errno: row.Last_IO_Errno,
    Last_IO_Error: row.Last_IO_Error,
    Last_SQL_Errno: row.Last_SQL_Errno,
    Last_SQL_Error: row.Last_SQL_Error,
    Seconds_Behind_Source: row.Seconds_Behind_Master,
  };
  const columns = Object.entries(values).map(
    ([name, value]) => `${value === null ? 'NULL' : typeof value === 'number' ? value : quoted(value)} AS ${name}`,
  );
  return `SELECT ${columns.join(', ')}`;
}

const refused = (text: string) => `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ${quoted(text)}`;

/** The procedures are there; what is done here is what they cannot see, the I/O thread that MySQL would still have. */
async function callOf(procedure: string, sql: string, server: StandIn): Promise<string> {
  const onlyReceives = server.until && (await slaveStatus(server))?.Slave_IO_Running === 'No';
  switch (procedure) {
    case 'rds_stop_replication':
      server.until = false;
      return onlyReceives ? 'DO 0' : sql;
    case 'rds_start_replication':
      return onlyReceives ? refused('Replication is already running') : sql;
    case 'rds_start_replication_until_gtid': {
      if (onlyReceives) return refused('Replication is already running');
      if (server.workers > 1) return refused('replica_parallel_workers must be 0 or 1');
      server.until = true;
      return sql.replace(/\('([^']*)'\)/, (_all, set: string) => `(${quoted(positionOf(set))})`);
    }
    default:
      return sql;
  }
}
