import { refusal, UnderstudyError } from '../output/errors.js';
import type { Report } from '../output/messages.js';
import type { BytesConnection } from '../platform/import-target.js';
import { errno, hasSqlErrno } from '../sql/errors.js';
import { quoteName } from '../sql/sql-text.js';
import { collationsFor } from './dump/collations.js';
import type { Judged } from './dump/judge.js';
import type { OpenDump } from './dump/open-dump.js';
import { readStatements } from './dump/read-statements.js';
import { type DumpRemarks, isCutOff, type ServerVersion } from './dump/statements.js';
import { type Survey, Surveyor } from './dump/survey.js';

export interface LoadOptions {
  /** As the account that may only touch `into`; it is broken off when this throws. */
  readonly connection: BytesConnection;
  /** The schema that is filled; what it held is removed. */
  readonly into: string;
  readonly dump: OpenDump;
  /** The schema to take of a dump that has several. */
  readonly schema: string | undefined;
  /** Of WordPress's tables; undefined: the only one that there is. */
  readonly prefix: string | undefined;
  readonly report: Report;
  readonly signal: AbortSignal;
}

export interface Loaded {
  readonly survey: Survey;
  readonly remarks: DumpRemarks;
  /** Collations that the server lacks, and what stands in their place. */
  readonly collations: Readonly<Record<string, string>>;
  /** Tables of other engines, which are InnoDB's now, or could not become it. */
  readonly engines: readonly { readonly table: string; readonly before: string; readonly kept: boolean }[];
  /** Made when the tables are in their place. */
  readonly views: readonly { readonly name: string; readonly text: string }[];
  /** What the server had to say about values that it changed while it took them. */
  readonly warnings: readonly { readonly table: string; readonly count: number; readonly example: string }[];
}

/** The task under which it reports. */
export const loadTask = 'load';

/** A transaction is committed when it has grown so large: many small statements are one, and none is too large. */
const transactionBytes = 8 * 1024 * 1024;

/** As dumping programs set it: nothing is refused that another server held. The dump may say otherwise. */
const session = [
  'SET NAMES utf8mb4',
  "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
  "SET SESSION time_zone = '+00:00'",
  'SET SESSION foreign_key_checks = 0, unique_checks = 0, autocommit = 0, innodb_strict_mode = 0',
  // So that every warning of a statement of many rows can be read.
  'SET SESSION max_error_count = 65535',
];

/** Statements that a dump does not need to have understood: what only another server knows. */
const isHarmless = (judged: Judged) => judged.kind === 'set';

/**
 * Fills a schema from a dump, statement by statement as they come, in bounded memory. The schema is emptied first, so
 * a load that was cut off is begun anew.
 * @throws code `dump-refused` naming the statement that the server would not take; refusals `dump-empty`,
 *   `dump-cut-off`; those of reading a dump
 */
export async function loadDump(options: LoadOptions): Promise<Loaded> {
  const { connection, signal } = options;
  const stop = () => connection.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Loading(options).run();
  } catch (error) {
    connection.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

class Loading {
  readonly #surveyor = new Surveyor();
  readonly #engines: Loaded['engines'][number][] = [];
  readonly #views = new Map<string, string>();
  readonly #warnings = new Map<string, { count: number; example: string }>();
  #uncommitted = 0;

  constructor(private readonly options: LoadOptions) {}

  async run(): Promise<Loaded> {
    const { connection, into, dump, schema, prefix, signal } = this.options;
    const server = await serverVersion(connection);
    const collations = collationsFor(await knownCollations(connection));
    await connection.run(`DROP DATABASE IF EXISTS ${quoteName(into)}`);
    await connection.run(`CREATE DATABASE ${quoteName(into)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`);
    await connection.run(`USE ${quoteName(into)}`);
    for (const statement of session) await connection.run(statement);
    const statements = readStatements(dump, { server, collations, schema, signal });
    let next = await statements.next();
    while (!next.done) {
      const { judged, offset } = next.value;
      this.#surveyor.see(judged);
      await this.#carryOut(judged, offset);
      next = await statements.next();
    }
    await connection.run('COMMIT');
    const survey = this.#surveyor.result(prefix);
    if (survey.tables.length === 0) throw empty();
    if (isCutOff(next.value)) throw cutOff();
    return {
      survey,
      remarks: next.value,
      collations: Object.fromEntries(collations.replaced),
      engines: this.#engines,
      views: [...this.#views].map(([name, text]) => ({ name, text })),
      warnings: [...this.#warnings].map(([table, found]) => ({ table, ...found })),
    };
  }

  async #carryOut(judged: Judged, offset: number): Promise<void> {
    switch (judged.kind) {
      case 'rows':
        return this.#rows(judged, offset);
      case 'table':
        return this.#table(judged, offset);
      case 'set':
        await this.#run(judged.text, judged, offset);
        return;
      case 'view':
        // It stands as a table before the tables that it reads are there; the last one said is meant.
        this.#views.set(judged.name, judged.text);
    }
  }

  async #rows(judged: Extract<Judged, { kind: 'rows' }>, offset: number): Promise<void> {
    const { connection, dump, report } = this.options;
    const warnings = await this.#run(judged.bytes.toString('latin1'), judged, offset);
    if (warnings > 0) await this.#noteWarnings(judged.table);
    this.#uncommitted += judged.bytes.length + 1_000;
    if (this.#uncommitted < transactionBytes) return;
    await connection.run('COMMIT');
    this.#uncommitted = 0;
    const mb = (bytes: number) => Math.round(bytes / 1_000_000);
    report({ kind: 'progress', task: loadTask, done: mb(dump.read()), total: mb(dump.bytes), unit: 'MB' });
  }

  async #table(judged: Extract<Judged, { kind: 'table' }>, offset: number): Promise<void> {
    const { table, text, engineBefore, withEngineBefore, verb } = judged;
    if (verb === 'drop') this.#views.delete(table);
    let kept = false;
    try {
      await this.#run(text, judged, offset);
    } catch (error) {
      if (withEngineBefore === undefined || !isForInnodbAlone(error)) throw error;
      await this.#run(withEngineBefore, judged, offset);
      kept = true;
    }
    if (engineBefore !== undefined) this.#engines.push({ table, before: engineBefore, kept });
  }

  async #run(statement: string, judged: Judged, offset: number): Promise<number> {
    try {
      return await this.options.connection.run(statement);
    } catch (error) {
      if (!(error instanceof UnderstudyError) || error.code !== 'sql-failed') throw error;
      if (isHarmless(judged)) {
        this.#surveyor.leaveOut(statement.slice(0, 80));
        return 0;
      }
      throw refusedByServer(statement, offset, error);
    }
  }

  async #noteWarnings(table: string): Promise<void> {
    const all = await this.options.connection.rows<{ Code: unknown; Message: unknown }>('SHOW WARNINGS');
    // mariadb-dump writes down the values of generated columns, too: they are computed anew.
    const [first, ...more] = all.filter(({ Code }) => Number(String(Code)) !== errno.generatedValueIgnored);
    if (!first) return;
    const known = this.#warnings.get(table) ?? { count: 0, example: String(first.Message) };
    this.#warnings.set(table, { ...known, count: known.count + 1 + more.length });
  }
}

/** What other engines could hold and InnoDB cannot. */
const isForInnodbAlone = (error: unknown) => {
  const cause = error instanceof UnderstudyError ? error.cause : undefined;
  return [errno.keyTooLong, errno.wrongAutoKey, errno.rowTooLarge].some((number) => hasSqlErrno(cause, number));
};

export async function serverVersion(connection: Pick<BytesConnection, 'rows'>): Promise<ServerVersion> {
  const [row] = await connection.rows<{ version: Buffer | string }>('SELECT VERSION() AS version');
  const text = String(row?.version ?? '');
  const [major = 0, minor = 0, patch = 0] = (/\d+\.\d+\.\d+/.exec(text)?.[0] ?? '').split('.').map(Number);
  return { kind: /mariadb/i.test(text) ? 'mariadb' : 'mysql', number: major * 10_000 + minor * 100 + patch };
}

/** Newer MariaDB names a collation once for all character sets that have it. */
export async function knownCollations(connection: Pick<BytesConnection, 'rows'>): Promise<ReadonlySet<string>> {
  const names = async (query: string) =>
    (await connection.rows<{ name: Buffer | string }>(query)).map(({ name }) => String(name).toLowerCase());
  const all = await names('SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS');
  const full = await names(
    'SELECT FULL_COLLATION_NAME AS name FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY',
  ).catch(() => []);
  return new Set([...all, ...full]);
}

const cutOff = () =>
  refusal({
    code: 'dump-cut-off',
    message: 'The dump lacks what its program writes at the end: it was cut off between two statements.',
    remedy:
      'Dump again, and see that the program ends without an error. If you know that it is whole, give it a last line "-- Dump completed".',
  });

const empty = () =>
  refusal({
    code: 'dump-empty',
    message: 'The dump makes no table.',
    remedy: 'Name a dump with structure and content, as mysqldump makes it without options.',
  });

function refusedByServer(statement: string, offset: number, cause: UnderstudyError): UnderstudyError {
  const shown = statement.slice(0, 120).replaceAll(/[^\x20-\x7e]+/g, ' ');
  return new UnderstudyError({
    code: 'dump-refused',
    message: `The server does not take the statement at byte ${offset} of the dump, "${shown}": ${cause.message}`,
    remedy: 'Nothing of dev was changed. Repair the dump, or leave the table out of it, and import again.',
    cause,
  });
}
