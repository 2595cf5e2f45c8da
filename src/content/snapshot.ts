import type { SqlConnection } from '../platform/databases.js';
import { beginSnapshot } from '../sql/sql-text.js';

/**
 * Runs `work` on one moment of a database: whatever is written meanwhile, the connection does not see it. For tables
 * of InnoDB; others have no snapshots. Nothing is locked.
 */
export async function inSnapshot<T>(connection: SqlConnection, work: () => Promise<T>): Promise<T> {
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await connection.query(beginSnapshot);
  const result = await work();
  // After an error the connection is closed by its owner, and the snapshot with it.
  await connection.query('COMMIT');
  return result;
}
