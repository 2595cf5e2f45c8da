import { messageOf, UnderstudyError } from '../output/errors.js';

/** The server understood and refused: code `sql-failed`, with the server's own number to switch on. */
export class SqlError extends UnderstudyError {
  /** MySQL's and MariaDB's error number, such as 1290 (read only) or 1045 (access denied). */
  readonly errno: number;

  constructor(server: string, errno: number, text: string) {
    super({ code: 'sql-failed', message: `${server} refused a statement: ${text} (error ${errno}).` });
    this.errno = errno;
  }
}

/** Error numbers that this program acts on. */
export const errno = {
  accessDenied: 1045,
  readOnly: 1290,
  noSuchSlaveSource: 1200,
  unknownSystemVariable: 1193,
  duplicateKey: 1062,
  keyTooLong: 1071,
  wrongAutoKey: 1075,
  rowTooLarge: 1118,
  dataTooLong: 1406,
  lockWaitTimeout: 1205,
  deadlock: 1213,
  raisedByProcedure: 1644,
  generatedValueIgnored: 1906,
} as const;

/** True for an error of the server with this number. */
export function hasSqlErrno(error: unknown, number: number): error is SqlError {
  return error instanceof SqlError && error.errno === number;
}

/** What the driver adds to an `Error`. */
interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
}

/** Numbers with which a server says that it will not serve: shutting down, too many connections, killed. */
const goneErrnos = new Set([1040, 1053, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1927, 3032]);

/**
 * The driver's error as one of ours. The driver's own is not kept as the cause, because it carries the whole
 * statement with its values, passwords included.
 */
export function translate(error: unknown, server: string): UnderstudyError {
  if (error instanceof UnderstudyError) return error;
  const { errno: number, sqlState, code } = error as DriverError;
  if (sqlState !== undefined && number !== undefined && !goneErrnos.has(number)) {
    return new SqlError(server, number, messageOf(error));
  }
  const why = sqlState === undefined ? (code ?? messageOf(error)) : messageOf(error);
  return new Unreachable(server, why, code === 'ECONNREFUSED');
}

/** The server did not answer, or went away: code `database-unreachable`. */
export class Unreachable extends UnderstudyError {
  /** @param nobodyListens its machine answered, and said so: it does not run, or has not come up yet */
  constructor(
    server: string,
    why: string,
    readonly nobodyListens = false,
  ) {
    super({
      code: 'database-unreachable',
      message: `The database server ${server} cannot be reached: ${why}.`,
      remedy: 'Run `understudy status` to see which servers are up.',
    });
  }
}

export function tooLate(server: string, deadlineMs: number): UnderstudyError {
  return new UnderstudyError({
    code: 'deadline',
    message: `${server} did not answer a statement within ${deadlineMs / 1000} s; the connection was closed.`,
    remedy: 'Run `understudy status` to see whether the server hangs.',
  });
}
