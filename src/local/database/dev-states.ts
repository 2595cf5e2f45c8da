import { refusal, UnderstudyError } from '../../output/errors.js';
import { besideSchema, type Databases, type SqlConnection } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import { exchangeTables, tablesIn, triggersIn } from '../../sql/exchange-schemas.js';

export interface DevStatesOptions {
  readonly databases: Databases;
  readonly schema: string;
  /** Copies the schema's tables from a replica to the primary, into another schema. */
  readonly copy: (from: ServerId, into: string, views: readonly string[], signal: AbortSignal) => Promise<void>;
}

/** So many replaced states are kept; a further one takes the place of the oldest. */
const mostKept = 3;
/** Dropping a schema, as large as it may be. */
const dropMs = 60_000;

/**
 * Earlier states of dev's database, as schemas beside its own. Everything here is written through dev's primary, so
 * the standby has it too, and the replicas come past it with the next promotion.
 */
export class DevStates {
  readonly #staging: string;

  constructor(private readonly options: DevStatesOptions) {
    this.#staging = besideSchema(options.schema, 'restoring');
  }

  /** Schemas with what restores have replaced, the newest first. */
  kept(): Promise<readonly string[]> {
    return this.#onPrimary((dev) => this.#kept(dev));
  }

  /**
   * Refuses what an exchange would lose: triggers do not move with their tables.
   * @throws refusal `restore-unsupported`
   */
  async refuseUnsupported(): Promise<void> {
    const triggers = await this.#onPrimary((dev) => triggersIn(dev, this.options.schema));
    if (triggers.length === 0) return;
    throw refusal({
      code: 'restore-unsupported',
      message: `Dev's tables have triggers (${triggers.join(', ')}), which a restore would lose.`,
      remedy: 'Drop them, restore, and create them again.',
    });
  }

  /**
   * Puts what a replica holds in the place of what dev has. The copy is made aside, while dev goes on; then all tables
   * are exchanged in one statement. Cut off before that, nothing has changed, and the next restore begins anew.
   * @returns the schema that keeps what was there
   */
  async restoreFrom(replica: ServerId, now: Date, signal: AbortSignal): Promise<string> {
    const views = await this.#onServer(replica, (there) => tablesIn(there, this.options.schema, 'VIEW'));
    await this.#onPrimary(async (dev) => {
      await dev.query(`DROP DATABASE IF EXISTS \`${this.#staging}\``, [], dropMs);
      await dev.query(`CREATE DATABASE \`${this.#staging}\``);
    });
    await this.options.copy(replica, this.#staging, views, signal);
    return this.#exchange(this.#staging, now, signal);
  }

  /** Puts a state that was replaced back in its place. @returns the schema that keeps what was there */
  restoreKept(kept: string, now: Date, signal: AbortSignal): Promise<string> {
    return this.#exchange(kept, now, signal);
  }

  async #exchange(coming: string, now: Date, signal: AbortSignal): Promise<string> {
    const { schema } = this.options;
    const keeping = besideSchema(schema, `before_restore_${stampOf(now)}`);
    await this.#onPrimary(async (dev) => {
      signal.throwIfAborted();
      if (!(await exchangeTables(dev, { used: schema, incoming: coming, kept: keeping }))) throw nothingThere(coming);
      await dev.query(`DROP DATABASE IF EXISTS \`${coming}\``, [], dropMs);
      const older = (await this.#kept(dev)).filter((kept) => kept !== keeping);
      for (const old of older.slice(mostKept - 1)) {
        await dev.query(`DROP DATABASE IF EXISTS \`${old}\``, [], dropMs);
      }
    });
    return keeping;
  }

  /** Only schemas with tables: an exchange that did not happen may have left an empty one. */
  async #kept(dev: SqlConnection): Promise<readonly string[]> {
    const beginning = besideSchema(this.options.schema, 'before_restore_');
    const rows = await dev.query<{ name: string }>(
      'SELECT DISTINCT TABLE_SCHEMA AS name FROM information_schema.TABLES WHERE LEFT(TABLE_SCHEMA, ?) = ?',
      [beginning.length, beginning],
    );
    return rows
      .map(({ name }) => name)
      .sort()
      .reverse();
  }

  async #onPrimary<T>(work: (dev: SqlConnection) => Promise<T>): Promise<T> {
    return this.#onServer((await this.options.databases.topology()).primary, work);
  }

  async #onServer<T>(server: ServerId, work: (dev: SqlConnection) => Promise<T>): Promise<T> {
    const connection = await this.options.databases.connect(server, 'dev');
    try {
      return await work(connection);
    } finally {
      await connection.end();
    }
  }
}

/** Sorts by time, to the millisecond: two restores in one second are two states. `20260131t235959123z` */
const stampOf = (now: Date) => now.toISOString().replace(/[-:.]/g, '').toLowerCase();

const nothingThere = (schema: string) =>
  new UnderstudyError({
    code: 'nothing-to-restore',
    message: `There are no tables in ${schema}, so dev's own were left where they are.`,
  });
