import { besideSchema, incomingSchemaOf, type SqlConnection } from '../platform/databases.js';
import type { GatedDatabase } from '../platform/platform.js';
import type { Schemas } from '../sql/exchange-schemas.js';
import { type ImportContext, keptName } from './facts.js';

/** Works on dev's primary as dev's own account, and closes the connection whatever happens. */
export async function withDev<T>(
  context: ImportContext,
  work: (connection: SqlConnection, schemas: Schemas) => Promise<T>,
): Promise<T> {
  const { databases } = databaseOf(context);
  const { primary } = await databases.topology();
  const connection = await databases.connect(primary, 'dev');
  try {
    const [row] = await connection.query<{ name: string }>('SELECT DATABASE() AS name');
    const used = row?.name ?? '';
    return await work(connection, {
      used,
      incoming: incomingSchemaOf(used),
      kept: besideSchema(used, keptName(context.request)),
    });
  } finally {
    await connection.end();
  }
}

/** The same in the schema that is filled, as the account that may touch nothing else. */
export async function withIncoming<T>(
  context: ImportContext,
  work: (connection: SqlConnection, schema: string) => Promise<T>,
): Promise<T> {
  const schema = await withDev(context, async (_, { incoming }) => incoming);
  const connection = await context.target.connectToIncoming();
  try {
    return await work(connection, schema);
  } finally {
    await connection.end();
  }
}

function databaseOf({ platform }: ImportContext): GatedDatabase {
  if (!platform.database) throw new Error('WordPress has no database.');
  return platform.database;
}
