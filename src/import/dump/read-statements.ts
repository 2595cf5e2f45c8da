import { refusal } from '../../output/errors.js';
import type { Collations } from './collations.js';
import { type Judged, judge } from './judge.js';
import type { OpenDump } from './open-dump.js';
import { type DumpRemarks, type ServerVersion, StatementSplitter } from './statements.js';

export interface ReadOptions {
  readonly server: ServerVersion;
  readonly collations: Collations;
  /** The schema to take of a dump that has several. */
  readonly schema: string | undefined;
  readonly signal: AbortSignal;
}

export interface JudgedStatement {
  readonly judged: Judged;
  readonly offset: number;
}

/**
 * Reads a dump statement by statement, with what is to be done with each. What belongs to another schema than the one
 * that is wanted is passed over.
 * @returns remarks of the program that made it
 * @throws refusal `several-schemas` for a dump of several of which none is wanted; `dump-not-readable`
 */
export async function* readStatements(
  dump: OpenDump,
  { server, collations, schema, signal }: ReadOptions,
): AsyncGenerator<JudgedStatement, DumpRemarks> {
  const splitter = new StatementSplitter(server);
  let present: string | undefined;
  let isRestored = false;
  /** The one whose content is taken. */
  let taken = schema;
  const consider = function* (statements: Iterable<{ bytes: Buffer; offset: number }>): Generator<JudgedStatement> {
    for (const statement of statements) {
      const judged = judge(statement, present ?? taken, collations);
      if (judged.kind === 'refused') throw notReadable(judged.why);
      if (judged.kind === 'set') isRestored ||= restores(judged.text);
      if (judged.kind === 'schema') present = judged.name;
      const isContent = judged.kind === 'rows' || judged.kind === 'table' || judged.kind === 'view';
      if (isContent && present !== undefined) {
        taken ??= present;
        if (present.toLowerCase() !== taken.toLowerCase()) {
          if (schema === undefined) throw severalSchemas(taken, present);
          continue;
        }
      }
      yield { judged, offset: statement.offset };
    }
  };
  for await (const part of dump.parts) {
    signal.throwIfAborted();
    yield* consider(splitter.push(part));
  }
  yield* consider(splitter.end());
  const { remarks } = splitter;
  return { ...remarks, isComplete: remarks.isComplete || isRestored };
}

/** The last that phpMyAdmin writes, which has no closing remark, and nearly the last of the others. */
const restores = (set: string) => /character_set_client = @OLD_CHARACTER_SET_CLIENT$/i.test(set);

const severalSchemas = (first: string, second: string) =>
  refusal({
    code: 'several-schemas',
    message: `The dump holds several databases: ${first}, ${second} and perhaps more.`,
    remedy: `Say which one is the site's: --schema ${first}`,
  });

const notReadable = (why: string) =>
  refusal({
    code: 'dump-not-readable',
    message: `The dump cannot be read without a mistake: ${why}.`,
    remedy: 'Dump again with mysqldump or mariadb-dump, with --default-character-set=utf8mb4.',
  });
