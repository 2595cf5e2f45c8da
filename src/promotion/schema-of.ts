import { createHash } from 'node:crypto';
import type { Databases, SqlConnection } from '../platform/databases.js';
import type { Edition } from '../platform/edition.js';
import { withOperator } from '../replication/operator.js';
import type { Site, WordpressApp } from '../site/schema.js';

/**
 * Names the shape of an edition's database: every column of every table, and WordPress's own version number of it.
 * Two editions of the same shape can exchange their code.
 */
export async function schemaOf(
  databases: Databases,
  { replicas }: Edition,
  { app }: Pick<Site, 'app'>,
): Promise<string> {
  const [replica] = replicas;
  if (replica === undefined) throw new Error('An edition without replicas has no schema.');
  return withOperator(databases, replica, async (connection) => {
    const columns = await connection.query(
      `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()
        ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    );
    const named = JSON.stringify([columns, app.kind === 'wordpress' ? await versionOf(connection, app) : null]);
    return createHash('sha256').update(named).digest('hex').slice(0, 16);
  });
}

async function versionOf(connection: SqlConnection, { tablePrefix }: WordpressApp): Promise<unknown> {
  // The definition allows letters, digits and underscores in the prefix.
  return connection.query(`SELECT option_value FROM \`${tablePrefix}options\` WHERE option_name = 'db_version'`);
}
