import type { Positions, SqlConnection } from '../platform/databases.js';
import type { Position } from '../platform/position.js';
import type { ReplicationDialect } from './dialect.js';
import { contains } from './position.js';

/** What a promotion must know of dev's database before it trusts replication with it. */

export interface ForeignTable {
  readonly table: string;
  readonly engine: string;
}

/**
 * Tables that are not InnoDB. They survive neither a crash nor a stop in the middle of a transaction, so a replica's
 * copy of them may differ from dev's.
 * @param reader dev's account, or the operator
 */
export async function foreignTables(reader: SqlConnection, schema: string): Promise<readonly ForeignTable[]> {
  return reader.query<ForeignTable & Record<string, unknown>>(
    'SELECT TABLE_NAME AS `table`, ENGINE AS engine FROM information_schema.TABLES ' +
      "WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' ORDER BY TABLE_NAME",
    [schema],
  );
}

/**
 * Tables without a primary key. Each changed row makes a replica read the whole table, and rows cannot be compared
 * one by one.
 */
export async function tablesWithoutPrimaryKey(reader: SqlConnection, schema: string): Promise<readonly string[]> {
  // TABLE_CONSTRAINTS would be empty for an account that may only SELECT.
  const rows = await reader.query<{ table: string }>(
    'SELECT t.TABLE_NAME AS `table` FROM information_schema.TABLES t ' +
      'LEFT JOIN information_schema.STATISTICS s ON s.TABLE_SCHEMA = t.TABLE_SCHEMA ' +
      "AND s.TABLE_NAME = t.TABLE_NAME AND s.INDEX_NAME = 'PRIMARY' AND s.SEQ_IN_INDEX = 1 " +
      "WHERE t.TABLE_SCHEMA = ? AND t.TABLE_TYPE = 'BASE TABLE' AND s.INDEX_NAME IS NULL ORDER BY t.TABLE_NAME",
    [schema],
  );
  return rows.map(({ table }) => table);
}

/** Transactions that a replica wrote by itself; undefined when there are none. */
export async function errantTransactions(
  replica: SqlConnection,
  dialect: ReplicationDialect,
): Promise<string | undefined> {
  return (await dialect.read(replica)).errant;
}

/**
 * Whether a server still has every binary log that a replica at this position needs. If not, the replica would meet
 * error 1236 when its gate opens, and has to be rebuilt.
 */
export async function canServeFrom(source: SqlConnection, replica: Position, positions: Positions): Promise<boolean> {
  return contains(replica, await positions.oldestStart(source));
}
