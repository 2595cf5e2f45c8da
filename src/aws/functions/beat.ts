import type { Databases } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import { metrics, replicaIds } from '../naming.js';
import type { Measured } from './publish.js';

/** Both together stay below the function's own limit. */
const connectMs = 2_000;
const answerMs = 2_000;

/** Whether each replica answers a SELECT, for the health checks of the names that spread over them. */
export async function heartbeats(databases: Pick<Databases, 'connect'>): Promise<readonly Measured[]> {
  return Promise.all(
    replicaIds.map(async (id) => ({
      name: metrics.replicaAnswers,
      value: (await answers(databases, id)) ? 1 : 0,
      dimensions: { Replica: id },
    })),
  );
}

async function answers(databases: Pick<Databases, 'connect'>, id: ServerId): Promise<boolean> {
  try {
    const connection = await databases.connect(id, 'monitor', connectMs);
    try {
      return (await connection.query('SELECT 1', [], answerMs)).length === 1;
    } finally {
      await connection.end();
    }
  } catch {
    // Whatever keeps us from an answer keeps others from one.
    return false;
  }
}
