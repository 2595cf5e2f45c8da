import type { Collations } from './collations.js';
import { judgeSet } from './set-statement.js';
import type { Statement } from './statements.js';
import { tableStatement } from './table-statement.js';
import { isSymbol, isWord, nameOf, type Token, tokensOf, withEdits } from './tokens.js';

/** What becomes of a statement of a dump. */
export type Judged =
  /** Rows of a table: as it is, but for the name of a schema before the table's. */
  | { readonly kind: 'rows'; readonly table: string; readonly bytes: Buffer }
  | {
      readonly kind: 'table';
      readonly verb: 'create' | 'alter' | 'drop';
      readonly table: string;
      readonly text: string;
      readonly engineBefore: string | undefined;
      readonly withEngineBefore: string | undefined;
    }
  | { readonly kind: 'set'; readonly text: string }
  /** A view, which is made when everything else is in its place. */
  | { readonly kind: 'view'; readonly name: string; readonly text: string }
  /** From here on, what follows is of this schema. */
  | { readonly kind: 'schema'; readonly name: string }
  /** What an import decides itself, or what means nothing to it: locks, transactions, names of databases. */
  | { readonly kind: 'nothing' }
  /** What is never done, because of where a dump comes from, or because it is of no use here. */
  | { readonly kind: 'left-out'; readonly what: string }
  | { readonly kind: 'refused'; readonly why: string };

/** As far as the name of a table can be. */
const headBytes = 1_000;
const nothing: Judged = { kind: 'nothing' };

/**
 * Decides what is done with a statement. Only kinds of statements that are known here are done at all; everything
 * else is left out, and named.
 * @param schema the dump's name for its schema, as far as it has said one
 */
export function judge({ bytes }: Statement, schema: string | undefined, collations: Collations): Judged {
  const head = tokensOf(bytes.toString('latin1', 0, headBytes), 40);
  const [first, second] = head;
  const whole = () => bytes.toString('latin1');
  switch (first?.kind === 'word' ? first.value.toUpperCase() : '') {
    case 'INSERT':
    case 'REPLACE':
      return rowsOf(bytes, head, schema);
    case 'CREATE':
      return created(whole, head, schema, collations);
    case 'ALTER':
      if (isWord(second, 'TABLE')) return altered(whole, head, schema, collations);
      return isWord(second, 'DATABASE', 'SCHEMA') ? nothing : leftOut(head);
    case 'DROP':
      if (isWord(second, 'TABLE')) return tableOf('drop', whole(), head, 2, schema, collations);
      return isWord(second, 'DATABASE', 'SCHEMA', 'VIEW', 'TRIGGER', 'PROCEDURE', 'FUNCTION', 'EVENT', 'TEMPORARY')
        ? nothing
        : leftOut(head);
    case 'SET': {
      const judged = judgeSet(whole(), collations);
      if (judged.kind === 'run') return { kind: 'set', text: judged.text };
      return judged.kind === 'left-out' ? leftOut(head) : judged;
    }
    case 'USE':
      return { kind: 'schema', name: nameOf(second) ?? '' };
    case 'LOCK':
    case 'UNLOCK':
    case 'BEGIN':
    case 'COMMIT':
    case 'ROLLBACK':
    case 'START':
    case 'FLUSH':
    case 'ANALYZE':
    case 'OPTIMIZE':
      return nothing;
    default:
      return leftOut(head);
  }
}

/** `INSERT IGNORE INTO db.table …`. */
function rowsOf(bytes: Buffer, head: readonly Token[], schema: string | undefined): Judged {
  let at = 1;
  while (isWord(head[at], 'LOW_PRIORITY', 'HIGH_PRIORITY', 'DELAYED', 'IGNORE')) at++;
  if (isWord(head[at], 'INTO')) at++;
  const named = namedTable(head, at, schema);
  if (!named) return leftOut(head);
  if (!named.qualifier) return { kind: 'rows', table: named.table, bytes };
  const { from, to } = named.qualifier;
  return { kind: 'rows', table: named.table, bytes: Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]) };
}

interface Named {
  readonly table: string;
  /** The name of the dump's schema before it. */
  readonly qualifier: { readonly from: number; readonly to: number } | undefined;
}

/** The name of a table, perhaps with that of the schema. @returns undefined if it is of another schema */
function namedTable(tokens: readonly Token[], at: number, schema: string | undefined): Named | undefined {
  const [first, dot, second] = tokens.slice(at);
  const name = nameOf(first);
  if (!first || name === undefined) return undefined;
  if (!isSymbol(dot, '.')) return { table: name, qualifier: undefined };
  const table = nameOf(second);
  if (!second || table === undefined || (schema !== undefined && name.toLowerCase() !== schema.toLowerCase()))
    return undefined;
  return { table, qualifier: { from: first.from, to: second.from } };
}

function created(
  whole: () => string,
  head: readonly Token[],
  schema: string | undefined,
  collations: Collations,
): Judged {
  let at = 1;
  if (isWord(head[at], 'DATABASE', 'SCHEMA')) return nothing;
  if (isWord(head[at], 'OR') && isWord(head[at + 1], 'REPLACE')) at += 2;
  if (isWord(head[at], 'TABLE')) return tableOf('create', whole(), head, at + 1, schema, collations);
  if (isWord(head[at], 'UNIQUE', 'FULLTEXT', 'SPATIAL', 'INDEX')) {
    const on = head.findIndex((token) => isWord(token, 'ON'));
    return on < 0 ? leftOut(head) : tableOf('alter', whole(), head, on + 1, schema, collations);
  }
  const words = head.slice(at, at + 14);
  const view = words.findIndex((token) => isWord(token, 'VIEW'));
  const other = words.findIndex((token) => isWord(token, 'TRIGGER', 'PROCEDURE', 'FUNCTION', 'EVENT', 'AGGREGATE'));
  if (view >= 0 && (other < 0 || view < other)) return viewOf(whole(), at + view, schema);
  return leftOut(head);
}

function altered(
  whole: () => string,
  head: readonly Token[],
  schema: string | undefined,
  collations: Collations,
): Judged {
  // For MyISAM; InnoDB has no such thing.
  if (head.some((token, at) => isWord(token, 'DISABLE', 'ENABLE') && isWord(head[at + 1], 'KEYS'))) return nothing;
  return tableOf('alter', whole(), head, 2, schema, collations);
}

function tableOf(
  verb: 'create' | 'alter' | 'drop',
  text: string,
  head: readonly Token[],
  from: number,
  schema: string | undefined,
  collations: Collations,
): Judged {
  let at = from;
  while (isWord(head[at], 'IF', 'NOT', 'EXISTS', 'IGNORE', 'ONLINE')) at++;
  const named = namedTable(head, at, schema);
  if (!named) return leftOut(head);
  const qualifier = named.qualifier && nameOf(head[at]);
  return { kind: 'table', verb, table: named.table, ...tableStatement(text, schema ?? qualifier, collations) };
}

/** As it is made later, by another account: without its definer, with the rights of whoever reads it. */
function viewOf(text: string, view: number, schema: string | undefined): Judged {
  const tokens = tokensOf(text);
  const named = namedTable(tokens, view + 1, schema);
  const body = tokens[named?.qualifier ? view + 3 : view + 1];
  if (!named || !body) return leftOut(tokens);
  const rest = tokens.flatMap((token, index) =>
    index > view &&
    schema !== undefined &&
    nameOf(token)?.toLowerCase() === schema.toLowerCase() &&
    isSymbol(tokens[index + 1], '.') &&
    !isSymbol(tokens[index - 1], '.')
      ? [{ from: token.from, to: tokens[index + 2]?.from ?? token.to, by: '' }]
      : [],
  );
  const unqualified = withEdits(text, [
    { from: 0, to: tokens[view]?.to ?? 0, by: 'CREATE OR REPLACE SQL SECURITY INVOKER VIEW' },
    ...rest,
  ]);
  return { kind: 'view', name: named.table, text: unqualified };
}

/** The first words, for a person. */
function leftOut(head: readonly Token[]): Judged {
  const words = head.filter(({ kind }) => kind !== 'symbol').slice(0, 6);
  return {
    kind: 'left-out',
    what: words
      .map(({ value }) => value.slice(0, 40))
      .join(' ')
      .slice(0, 120),
  };
}
