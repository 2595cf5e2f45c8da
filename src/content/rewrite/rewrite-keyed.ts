import { quoteName } from '../../sql/sql-text.js';
import { keyFields } from '../columns.js';
import {
  type KeyLiterals,
  type KeyRange,
  literalsOf,
  orderedBy,
  type TableKey,
  whereInRange,
  whereKeyIn,
} from '../keys.js';
import type { Column, TableShape } from '../shapes.js';
import type { Side } from '../side.js';
import { type ByteText, fromBytes } from './byte-text.js';
import type { Findings } from './findings.js';
import { inParts } from './in-parts.js';
import { rewriteValue } from './rewrite-value.js';
import type { TableWork } from './table-work.js';
import { bytesOf, isTooLong, namesHost, textColumns, valueLiteral } from './text-columns.js';
import { inTransaction, reasonOf } from './write.js';

/** Rows that are looked up by one statement, and changed by one. */
const mostRows = 500;

interface Found {
  readonly at: KeyLiterals;
  readonly bytes: number;
}

interface Change {
  readonly column: Column;
  readonly value: ByteText;
}

interface ChangedRow {
  readonly at: KeyLiterals;
  readonly changes: readonly Change[];
}

/**
 * Rewrites a table whose rows have a key: the server picks those that name one of the hosts, in the key's order; they
 * are read, rewritten and written in batches, each a transaction that holds locks on just its rows.
 */
export async function rewriteKeyed(work: TableWork, key: TableKey): Promise<void> {
  const columns = textColumns(work.shape);
  for (let after: KeyLiterals | undefined; ; ) {
    const found = await findRows(work, key, columns, { after, upTo: undefined });
    for (const part of inParts(found)) await rewriteRows(work, key, columns, part);
    after = found.at(-1)?.at;
    if (found.length < mostRows || after === undefined) return;
  }
}

async function findRows(
  { side, shape, rewriter }: TableWork,
  key: TableKey,
  columns: readonly Column[],
  range: KeyRange,
) {
  const named = columns.map((column) => namesHost(column, rewriter.hosts)).join(' OR ');
  const bounds = whereInRange(key, range);
  const length = columns.map((column) => `IFNULL(OCTET_LENGTH(${quoteName(column.name)}), 0)`).join(' + ');
  const rows = await side.ask<Record<string, unknown>>(
    `SELECT ${keyFields(key.columns)}, ${length} AS bytes FROM ${side.qualified(shape.name)} ${orderedBy(key)}
      ${bounds === '' ? 'WHERE' : `${bounds} AND`} (${named}) ORDER BY ${orderOf(key)} LIMIT ${mostRows}`,
  );
  return rows.map((row): Found => ({ at: keyOf(key, row), bytes: Number(row.bytes) }));
}

const orderOf = ({ columns }: TableKey) => columns.map(({ name }) => quoteName(name)).join(', ');
const keyOf = (key: TableKey, row: Readonly<Record<string, unknown>>) =>
  literalsOf(
    key,
    key.columns.map((_, index) => row[`v${index}`]),
  );

async function rewriteRows(work: TableWork, key: TableKey, columns: readonly Column[], rows: readonly Found[]) {
  const { side, writes } = work;
  const done = writes
    ? await inTransaction(side, async () => {
        const { changed, noted } = await changesIn(work, key, columns, rows);
        return { noted, refused: await writeRows(work, key, changed) };
      })
    : { ...(await changesIn(work, key, columns, rows)), refused: [] };
  // Only now: a batch that met a deadlock was done again from its beginning.
  done.noted(work.findings, new Set(done.refused.map(({ at, column }) => placeName(at, column))));
  for (const { at, column, error } of done.refused)
    work.findings.left(column.name, rowName(key, at), [reasonOf(error)]);
  work.onRows(rows.length);
}

/** Reads the rows, locked where they are to be written, and works out what of them changes. */
async function changesIn(
  { side, shape, rewriter, writes }: TableWork,
  key: TableKey,
  columns: readonly Column[],
  rows: readonly Found[],
) {
  const fields = columns.map((column, index) => `${bytesOf(column)} AS b${index}`).join(', ');
  const read = await side.ask<Record<string, unknown>>(
    `SELECT ${keyFields(key.columns)}, ${fields} FROM ${side.qualified(shape.name)}
      ${whereKeyIn(
        key,
        rows.map(({ at }) => at),
      )} ${writes ? 'FOR UPDATE' : ''}`,
  );
  const changed: ChangedRow[] = [];
  const notes: ((findings: Findings, refused: ReadonlySet<string>) => void)[] = [];
  for (const row of read) {
    const at = keyOf(key, row);
    const changes: Change[] = [];
    columns.forEach((column, index) => {
      const bytes = row[`b${index}`];
      if (!Buffer.isBuffer(bytes)) return;
      const before = fromBytes(bytes);
      const done = rewriteValue(before, rewriter);
      const fits = done.count === 0 || !isTooLong(column, done.text);
      if (done.count > 0 && fits) changes.push({ column, value: done.text });
      if (done.count === 0 && done.left.length === 0) return;
      notes.push((findings, refused) => {
        const name = rowName(key, at);
        if (!fits) findings.left(column.name, name, ['too-long']);
        else if (done.count > 0 && !refused.has(placeName(at, column)))
          findings.changed(column.name, name, before, done);
        findings.left(column.name, name, done.left);
      });
    });
    if (changes.length > 0) changed.push({ at, changes });
  }
  const noted = (findings: Findings, refused: ReadonlySet<string>) => {
    for (const note of notes) note(findings, refused);
  };
  return { changed, noted };
}

const placeName = (at: KeyLiterals, { name }: Column) => JSON.stringify([at, name]);

/** A row for a person: `ID 12`. Keys of text are shown as text. */
export function rowName({ columns }: TableKey, at: KeyLiterals): string {
  const shown = (literal: string) => {
    const hex = /X'([0-9a-f]*)'$/.exec(literal)?.[1];
    return hex === undefined ? literal.replaceAll("'", '') : Buffer.from(hex, 'hex').toString('utf8').slice(0, 60);
  };
  return columns.map(({ name }, index) => `${name} ${shown(at[index] ?? '')}`).join(', ');
}

interface Refused {
  readonly at: KeyLiterals;
  readonly column: Column;
  readonly error: unknown;
}

/** Writes what has changed, and nothing else. @returns what the server would not take */
async function writeRows(work: TableWork, key: TableKey, rows: readonly ChangedRow[]): Promise<readonly Refused[]> {
  const isOfKey = ({ column }: Change) => key.columns.includes(column);
  // A statement for many rows finds them by their key, so it cannot change it.
  const alone = rows.filter(({ changes }) => changes.some(isOfKey));
  const together = rows.filter((row) => !alone.includes(row));
  const refused: Refused[] = [];
  if (together.length > 0) {
    await work.side.ask('SAVEPOINT batch');
    try {
      await updateTogether(work, key, together);
    } catch (error) {
      reasonOf(error);
      await work.side.ask('ROLLBACK TO SAVEPOINT batch');
      alone.push(...together);
    }
  }
  for (const { at, changes } of alone) {
    // The key last: the row is found by it.
    for (const change of [...changes].sort((a, b) => Number(isOfKey(a)) - Number(isOfKey(b)))) {
      try {
        await work.side.ask(updateOne(work.side, work.shape, key, at, change));
      } catch (error) {
        reasonOf(error);
        refused.push({ at, column: change.column, error });
      }
    }
  }
  return refused;
}

async function updateTogether({ side, shape }: TableWork, key: TableKey, rows: readonly ChangedRow[]): Promise<void> {
  const columns = [...new Set(rows.flatMap(({ changes }) => changes.map(({ column }) => column)))];
  const assignments = columns.map((column) => {
    const cases = rows.flatMap(({ at, changes }) =>
      changes
        .filter((change) => change.column === column)
        .map(({ value }) => whenThen(key, at, valueLiteral(column, value))),
    );
    const [only, ...more] = key.columns;
    const subject = only && more.length === 0 ? quoteName(only.name) : '';
    return `${quoteName(column.name)} = CASE ${subject} ${cases.join(' ')} ELSE ${quoteName(column.name)} END`;
  });
  await side.ask(
    `UPDATE ${side.qualified(shape.name)} SET ${[...assignments, ...timesKept(shape)].join(', ')} ${whereKeyIn(
      key,
      rows.map(({ at }) => at),
    )}`,
  );
}

function whenThen({ columns }: TableKey, at: KeyLiterals, value: string): string {
  if (columns.length === 1) return `WHEN ${at[0]} THEN ${value}`;
  return `WHEN ${columns.map(({ name }, index) => `${quoteName(name)} = ${at[index]}`).join(' AND ')} THEN ${value}`;
}

function updateOne(side: Side, shape: TableShape, key: TableKey, at: KeyLiterals, { column, value }: Change): string {
  const assignments = [`${quoteName(column.name)} = ${valueLiteral(column, value)}`, ...timesKept(shape)];
  return `UPDATE ${side.qualified(shape.name)} SET ${assignments.join(', ')} ${whereKeyIn(key, [at])}`;
}

/** Columns that the server would set to the present time with every change: this is none of a person's. */
export const timesKept = ({ columns }: TableShape): string[] =>
  columns.filter(({ extra }) => /on update/i.test(extra)).map(({ name }) => `${quoteName(name)} = ${quoteName(name)}`);
