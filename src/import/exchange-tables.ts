import { quoteName } from '../content/sql-text.js';
import { refusal } from '../output/errors.js';
import type { SqlConnection } from '../platform/databases.js';

export interface Schemas {
  readonly used: string;
  readonly incoming: string;
  readonly kept: string;
}

/** Tables of a schema, without views. */
export async function tablesIn(connection: SqlConnection, schema: string, type = 'BASE TABLE'): Promise<string[]> {
  const rows = await connection.query<{ name: string }>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = ? ORDER BY name',
    [schema, type],
  );
  return rows.map(({ name }) => name);
}

/** A view cannot change its schema, so it cannot be kept. @throws refusal `views-in-dev` */
export async function refuseViews(connection: SqlConnection, schema: string): Promise<void> {
  const views = await tablesIn(connection, schema, 'VIEW');
  if (views.length === 0) return;
  throw refusal({
    code: 'views-in-dev',
    message: `Dev's database has views, which cannot be kept under another name: ${views.join(', ')}.`,
    remedy: 'Drop them in dev first; a copy of their definition is in what SHOW CREATE VIEW says.',
  });
}

/**
 * All tables of `incoming` take the place of those of `used`, which are kept: one statement, all of it or nothing, in
 * the binary log and so on the standby as well. Whether it has happened is told by what is there.
 */
export async function exchangeTables(connection: SqlConnection, { used, incoming, kept }: Schemas): Promise<void> {
  const coming = await tablesIn(connection, incoming);
  if (coming.length === 0) return;
  await connection.query(
    `CREATE DATABASE IF NOT EXISTS ${quoteName(kept)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  );
  const going = await tablesIn(connection, used);
  await rename(connection, [...moves(going, used, kept), ...moves(coming, incoming, used)]);
}

/** Takes that back. @param views that were made since; they are dropped */
export async function exchangeTablesBack(
  connection: SqlConnection,
  { used, incoming, kept }: Schemas,
  views: readonly string[],
): Promise<void> {
  if ((await tablesIn(connection, incoming)).length === 0) {
    for (const view of views) await connection.query(`DROP VIEW IF EXISTS ${quoteName(used)}.${quoteName(view)}`);
    const going = await tablesIn(connection, used);
    const coming = await tablesIn(connection, kept);
    if (going.length > 0 || coming.length > 0) {
      await connection.query(`CREATE DATABASE IF NOT EXISTS ${quoteName(incoming)} CHARACTER SET utf8mb4`);
      await rename(connection, [...moves(going, used, incoming), ...moves(coming, kept, used)]);
    }
  }
  await connection.query(`DROP DATABASE IF EXISTS ${quoteName(kept)}`);
}

const moves = (tables: readonly string[], from: string, to: string) =>
  tables.map((table) => `${quoteName(from)}.${quoteName(table)} TO ${quoteName(to)}.${quoteName(table)}`);

const renameMs = 120_000;

async function rename(connection: SqlConnection, all: readonly string[]): Promise<void> {
  // A transaction that somebody has left open must not hold it up for a day.
  await connection.query('SET SESSION lock_wait_timeout = 30, foreign_key_checks = 0');
  await connection.query(`RENAME TABLE ${all.join(', ')}`, [], renameMs);
}
