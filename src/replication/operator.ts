import type { Databases, SqlConnection } from '../platform/databases.js';
import type { ServerId } from '../platform/edition.js';

/** Works on a server with a connection of its own as the operator, and closes it whatever happens. */
export async function withOperator<T>(
  databases: Databases,
  server: ServerId,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  const connection = await databases.connect(server, 'operator');
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}
