import { checksumTables, type TableChecksum } from '../content/checksum-tables.js';
import { inSnapshot } from '../content/snapshot.js';
import { messageOf } from '../output/errors.js';
import type { Databases, SqlConnection } from '../platform/databases.js';
import type { ServerId } from '../platform/edition.js';
import type { DatedDatabases } from '../platform/platform.js';
import type { Position } from '../platform/position.js';
import type { WorkOptions } from '../platform/work.js';
import { capturePosition, securePosition } from '../replication/capture.js';

export type { TableChecksum } from '../content/checksum-tables.js';

/** 1,000,000 small rows take about two seconds. A database that takes longer than this is promoted without. */
const checksumMs = 300_000;

/** What every table held at a position, as one server had it. */
export interface ContentAt {
  readonly server: ServerId;
  readonly tables: readonly TableChecksum[];
}

/**
 * Dev's position, and what its tables hold at exactly that position: both are read in one snapshot of the primary.
 * `source` is null where the server cannot tell where its snapshot is, and where reading the tables failed: then the
 * position is still good.
 * @throws as `capturePosition`
 */
export async function captureContent(
  database: DatedDatabases,
  { report, signal }: WorkOptions,
): Promise<{ readonly position: Position; readonly source: ContentAt | null }> {
  const { databases, positions } = database;
  const { primary } = await databases.topology();
  const connection = await databases.connect(primary, 'operator');
  try {
    const found = await inSnapshot(connection, async () => {
      const position = await positions.snapshotAt(connection);
      if (position === undefined) return undefined;
      return { position, source: { server: primary, tables: await transactionalTables(connection, signal) } };
    });
    if (found) {
      await securePosition(database, found.position, { signal });
      return found;
    }
  } catch (error) {
    signal.throwIfAborted();
    const text = `${primary}'s tables could not be summed up, so replicas are not compared with it: ${messageOf(error)}`;
    report({ kind: 'note', level: 'warning', text });
  } finally {
    await connection.end();
  }
  return { position: await capturePosition(database, { signal }), source: null };
}

/** What a server's tables hold now. For a replica with its gate closed. */
export async function contentOf(databases: Databases, server: ServerId, signal: AbortSignal): Promise<ContentAt> {
  const connection = await databases.connect(server, 'operator');
  try {
    return { server, tables: await inSnapshot(connection, () => transactionalTables(connection, signal)) };
  } finally {
    await connection.end();
  }
}

/** Tables of other engines have no snapshots: what they hold belongs to no position. */
export async function transactionalTables(
  connection: SqlConnection,
  signal: AbortSignal,
): Promise<readonly TableChecksum[]> {
  const named = await connection.query<{ db: string; name: string | null }>(
    `SELECT DATABASE() AS db, TABLE_NAME AS name FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND ENGINE = 'InnoDB'`,
  );
  const [first] = named;
  if (!first) return [];
  const tables = named.flatMap(({ name }) => (name === null ? [] : [name]));
  return checksumTables(connection, first.db, { tables, signal, deadlineMs: checksumMs });
}

/** Names of tables that two servers do not have alike. */
export function differingTables(a: readonly TableChecksum[], b: readonly TableChecksum[]): readonly string[] {
  const shapeOf = ({ rows, checksum }: TableChecksum) => `${rows} ${checksum}`;
  const [left, right] = [a, b].map((tables) => new Map(tables.map((table) => [table.name, shapeOf(table)])));
  const names = new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])]);
  return [...names].filter((name) => left?.get(name) !== right?.get(name)).sort();
}
