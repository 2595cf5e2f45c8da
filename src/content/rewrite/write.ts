import { hasCode } from '../../output/errors.js';
import { errno, hasSqlErrno } from '../../sql/errors.js';
import type { Side } from '../side.js';
import type { PlaceReason } from './findings.js';

/** How often a batch that others were in the way of is tried again. */
const mostAttempts = 10;

/** Does `work` as one transaction, and again from its beginning if the server chose it to end a deadlock. */
export async function inTransaction<T>(side: Side, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      await side.ask('START TRANSACTION');
      const result = await work();
      await side.ask('COMMIT');
      return result;
    } catch (error) {
      if (!isInTheWay(error) || attempt === mostAttempts) throw error;
      await side.ask('ROLLBACK');
    }
  }
}

const isInTheWay = (error: unknown) => hasSqlErrno(error, errno.deadlock) || hasSqlErrno(error, errno.lockWaitTimeout);

/**
 * Why the server would not take a value.
 * @throws the error itself if it is about something else: a connection that is lost, a deadlock
 */
export function reasonOf(error: unknown): PlaceReason {
  if (!hasCode(error, 'sql-failed') || isInTheWay(error)) throw error;
  if (hasSqlErrno(error, errno.duplicateKey)) return 'duplicate-key';
  return hasSqlErrno(error, errno.dataTooLong) ? 'too-long' : 'refused-by-database';
}
