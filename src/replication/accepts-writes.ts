import { hasCode } from '../output/errors.js';
import type { Databases, SqlConnection } from '../platform/databases.js';
import type { ServerId } from '../platform/edition.js';

/** How long a server may take to connect, and to answer. */
const answerMs = 2_000;

/** Whether a server says that it accepts writes. One that cannot be reached or does not answer in time does not. */
export async function acceptsWrites(databases: Pick<Databases, 'connect'>, server: ServerId): Promise<boolean> {
  let connection: SqlConnection | undefined;
  try {
    connection = await databases.connect(server, 'operator', answerMs);
    const [row] = await connection.query<{ readOnly: number }>('SELECT @@GLOBAL.read_only AS readOnly', [], answerMs);
    return row?.readOnly === 0;
  } catch (error) {
    if (hasCode(error, 'database-unreachable') || hasCode(error, 'deadline')) return false;
    throw error;
  } finally {
    await connection?.end();
  }
}
