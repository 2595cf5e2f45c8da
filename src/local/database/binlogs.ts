import type { SqlConnection } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import type { Position } from '../../platform/position.js';
import { startOf } from '../../replication/binlog-start.js';
import type { ReplicationDialect } from '../../replication/dialect.js';
import { contains } from '../../replication/position.js';

export interface PurgeOptions {
  /** Primary and standby: both keep what the slowest replica needs, since either may have to serve it. */
  readonly members: readonly ServerId[];
  readonly replicas: readonly ServerId[];
  readonly dialect: ReplicationDialect;
  readonly primary: ServerId;
  /** As the operator. */
  readonly connect: (server: ServerId) => Promise<SqlConnection>;
}

export interface Purge {
  readonly server: ServerId;
  /** Names of the logs that are gone now, oldest first. */
  readonly purged: readonly string[];
}

/**
 * Removes binary logs that no server needs any more: those that end before the position of the slowest of the
 * replicas and the standby. Never by age.
 * @throws what `connect` throws for any of them: the position of a server that does not answer is not known, so
 *   nothing is removed then
 */
export async function purgeBinlogs(options: PurgeOptions): Promise<readonly Purge[]> {
  const { members, replicas, dialect, primary, connect } = options;
  const readers = [...replicas, ...members.filter((id) => id !== primary)];
  const opened = new Map<ServerId, SqlConnection>();
  try {
    for (const id of [primary, ...readers]) opened.set(id, await connect(id));
    const positions: Position[] = [];
    for (const id of readers) positions.push((await dialect.read(of(opened, id))).applied);
    const done: Purge[] = [];
    for (const id of members) done.push({ server: id, purged: await purgeOne(of(opened, id), positions) });
    return done;
  } finally {
    await Promise.all([...opened.values()].map((connection) => connection.end()));
  }
}

async function purgeOne(server: SqlConnection, positions: readonly Position[]): Promise<readonly string[]> {
  const logs = (await server.query<{ Log_name: string }>('SHOW BINARY LOGS')).map(({ Log_name }) => Log_name);
  let keepFrom = 0;
  for (let next = 1; next < logs.length; next++) {
    const start = await startOf(server, logs[next] ?? '');
    if (!positions.every((position) => contains(position, start))) break;
    keepFrom = next;
  }
  const oldestKept = logs[keepFrom];
  if (keepFrom === 0 || oldestKept === undefined) return [];
  await server.query('PURGE BINARY LOGS TO ?', [oldestKept]);
  // The server keeps, without an error, what it is still sending to somebody.
  const left = new Set((await server.query<{ Log_name: string }>('SHOW BINARY LOGS')).map((log) => log.Log_name));
  return logs.filter((log) => !left.has(log));
}

function of(opened: ReadonlyMap<ServerId, SqlConnection>, id: ServerId): SqlConnection {
  const connection = opened.get(id);
  if (!connection) throw new RangeError(`Not connected to ${id}.`);
  return connection;
}
