import { UnderstudyError } from '../output/errors.js';
import type { SqlConnection } from '../platform/databases.js';
import { quoteName } from '../sql/sql-text.js';
import type { SideName } from './rows.js';

/** Until when, and whether at all, statements may still be asked. */
export interface Asking {
  readonly signal: AbortSignal;
  /** On the clock of `performance.now()`. */
  readonly until: number;
}

/** ER_TABLE_DEF_CHANGED: a table was altered after the snapshot was taken. */
const tableChangedErrno = 1412;

/** One of the two databases, as a comparison asks it. */
export class Side {
  constructor(
    readonly name: SideName,
    private readonly connection: SqlConnection,
    readonly schema: string,
    private readonly asking: Asking,
  ) {}

  /**
   * @throws code `deadline`, `schema-changing`, or what the connection throws; the signal's reason at once when it is
   *   aborted. The statement may still run on the server then, so the caller has to close the connection.
   */
  async ask<Row extends object>(sql: string): Promise<Row[]> {
    const { signal, until } = this.asking;
    signal.throwIfAborted();
    const left = Math.ceil(until - performance.now());
    if (left <= 0) throw tooLate();
    let abort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason);
    });
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([this.connection.query<Row>(sql, [], left), aborted]);
    } catch (error) {
      throw isTableChanged(error) ? schemaChanging(this.schema, error) : error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The table's name for a statement. */
  qualified(table: string): string {
    return `${quoteName(this.schema)}.${quoteName(table)}`;
  }
}

/** Times of day are read in UTC, where each is told from every other also in the hour that comes twice. */
export async function prepareSide(side: Side): Promise<void> {
  await side.ask("SET SESSION time_zone = '+00:00'");
}

const isTableChanged = (error: unknown) =>
  error instanceof UnderstudyError && (error as { errno?: unknown }).errno === tableChangedErrno;

const tooLate = () =>
  new UnderstudyError({
    code: 'deadline',
    message: 'The time for comparing content is up.',
    remedy: 'Try again when the database servers are less busy.',
  });

const schemaChanging = (schema: string, cause: unknown) =>
  new UnderstudyError({
    code: 'schema-changing',
    message: `A table of ${schema} was altered while it was compared.`,
    remedy: 'Wait until the update of WordPress or of a plugin that runs in dev is done, and try again.',
    cause,
  });
