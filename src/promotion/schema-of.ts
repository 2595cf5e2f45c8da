import { createHash } from 'node:crypto';
import type { Databases } from '../platform/databases.js';
import type { Edition } from '../platform/edition.js';

/**
 * Names the shape of an edition's database: every column of every table, and WordPress's own version number of it.
 * Two editions of the same shape can exchange their code.
 */
export async function schemaOf(databases: Databases, { replicas }: Edition): Promise<string> {
  const [replica] = replicas;
  if (replica === undefined) throw new Error('An edition without replicas has no schema.');
  const connection = await databases.connect(replica, 'operator');
  try {
    const columns = await connection.query(
      `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()
        ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    );
    return createHash('sha256').update(JSON.stringify(columns)).digest('hex').slice(0, 16);
  } finally {
    await connection.end();
  }
}
