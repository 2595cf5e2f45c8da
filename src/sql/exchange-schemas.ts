import type { SqlConnection } from '../platform/databases.js';
import { quoteName } from './sql-text.js';

export interface Schemas {
  readonly used: string;
  readonly incoming: string;
  readonly kept: string;
}

/** How long transactions that somebody has left open may hold it up; else it would be a day. */
const lockSeconds = 30;
const renameMs = 120_000;

/** Names of a schema's tables, or of its views. */
export async function tablesIn(
  connection: SqlConnection,
  schema: string,
  type: 'BASE TABLE' | 'VIEW' = 'BASE TABLE',
): Promise<readonly string[]> {
  const rows = await connection.query<{ name: string }>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = ? ORDER BY name',
    [schema, type],
  );
  return rows.map(({ name }) => name);
}

/** Triggers do not move with their tables: the server refuses to exchange a table that has one. */
export async function triggersIn(connection: SqlConnection, schema: string): Promise<readonly string[]> {
  const rows = await connection.query<{ name: string }>(
    'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? ORDER BY name',
    [schema],
  );
  return rows.map(({ name }) => name);
}

/**
 * All tables of `incoming` take the place of those of `used`, which are kept: one statement, all of it or nothing, in
 * the binary log and so on the standby as well. Whoever asks sees the one state or the other. Whether it has happened
 * is told by what is there, so it may be repeated after a crash. Views stay where they are.
 * @returns false if nothing was there to come
 */
export async function exchangeTables(connection: SqlConnection, { used, incoming, kept }: Schemas): Promise<boolean> {
  const coming = await tablesIn(connection, incoming);
  if (coming.length === 0) return false;
  await makeSchema(connection, kept);
  const going = await tablesIn(connection, used);
  await rename(connection, [...moves(going, used, kept), ...moves(coming, incoming, used)]);
  return true;
}

/** Takes that back, as far as it came. */
export async function exchangeTablesBack(
  connection: SqlConnection,
  { used, incoming, kept }: Schemas,
  /** Which were made since, on the tables that go; they are dropped. */
  views: readonly string[],
): Promise<void> {
  if ((await tablesIn(connection, incoming)).length === 0) {
    for (const view of views) await connection.query(`DROP VIEW IF EXISTS ${quoteName(used)}.${quoteName(view)}`);
    const [going, coming] = [await tablesIn(connection, used), await tablesIn(connection, kept)];
    if (going.length > 0 || coming.length > 0) {
      await makeSchema(connection, incoming);
      await rename(connection, [...moves(going, used, incoming), ...moves(coming, kept, used)]);
    }
  }
  await connection.query(`DROP DATABASE IF EXISTS ${quoteName(kept)}`, [], renameMs);
}

const makeSchema = (connection: SqlConnection, name: string) =>
  connection.query(`CREATE DATABASE IF NOT EXISTS ${quoteName(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`);

const moves = (tables: readonly string[], from: string, to: string) =>
  tables.map((table) => `${quoteName(from)}.${quoteName(table)} TO ${quoteName(to)}.${quoteName(table)}`);

async function rename(connection: SqlConnection, all: readonly string[]): Promise<void> {
  await connection.query(`SET SESSION lock_wait_timeout = ${lockSeconds}, foreign_key_checks = 0`);
  await connection.query(`RENAME TABLE ${all.join(', ')}`, [], renameMs);
}
