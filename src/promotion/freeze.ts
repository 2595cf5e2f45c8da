import { hasCode, UnderstudyError } from '../output/errors.js';
import type { SqlConnection } from '../platform/databases.js';
import type { GatedDatabase, Platform } from '../platform/platform.js';
import { deadlineSignal } from '../process/deadline.js';

/** Dev is held for so long at most, whatever happens: authors wait meanwhile. */
const freezeMs = 60_000;
/** A statement that runs for longer than this in dev keeps it from being held. */
const lockWaitSeconds = 10;

/**
 * Works while dev is not written to: its instances get no requests, and its tables are locked for reading alone, so
 * that what still runs waits. Both holds end by themselves if this process dies (they hang on connections of its own),
 * and when their time is up. Files that people change by hand are not held.
 * @param work given a signal that is aborted when the time is up
 * @throws code `freeze-lost` if dev may have been written to meanwhile; `dev-busy`
 */
export async function whileFrozen<T>(
  { fleet, database }: Pick<Platform, 'fleet' | 'database'>,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  forMs = freezeMs,
): Promise<T> {
  const inTime = deadlineSignal(forMs, signal);
  const hold = await fleet.holdDev(forMs, signal);
  try {
    const lock = database && (await lockTables(database, forMs));
    try {
      const result = await work(inTime);
      // A connection that was lost, or a primary that failed over, has let go of the tables.
      await lock?.query('SELECT 1');
      inTime.throwIfAborted();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      throw inTime.aborted || hasCode(error, 'database-unreachable') ? freezeLost(forMs, error) : error;
    } finally {
      await lock?.end();
    }
  } finally {
    await hold.release();
  }
}

const freezeLost = (forMs: number, cause: unknown) =>
  new UnderstudyError({
    code: 'freeze-lost',
    message: `Dev could not be held for as long as it took; it is held for ${forMs / 1000} s at most.`,
    remedy: 'Promote again; without --freeze if it takes so long to read the files.',
    cause,
  });

/** As dev's own account, which may lock its tables on every kind of server. Reading goes on. */
async function lockTables({ databases }: GatedDatabase, forMs: number): Promise<SqlConnection> {
  const { primary } = await databases.topology();
  const connection = await databases.connect(primary, 'dev');
  try {
    // The server ends a connection that says nothing for so long, and with it the lock.
    await connection.query('SET SESSION wait_timeout = ?, lock_wait_timeout = ?', [
      Math.ceil(forMs / 1000),
      lockWaitSeconds,
    ]);
    const tables = await connection.query<{ name: string }>(
      "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'",
    );
    const named = tables.map(({ name }) => `\`${name.replaceAll('`', '``')}\` READ`);
    if (named.length > 0) await connection.query(`LOCK TABLES ${named.join(', ')}`, [], (lockWaitSeconds + 2) * 1000);
    return connection;
  } catch (error) {
    await connection.end();
    throw error;
  }
}
