import { quoteName } from '../../sql/sql-text.js';
import type { Column } from '../shapes.js';
import { type ByteText, fromBytes } from './byte-text.js';
import type { PlaceReason } from './findings.js';
import { inParts } from './in-parts.js';
import { timesKept } from './rewrite-keyed.js';
import { rewriteValue } from './rewrite-value.js';
import type { Rewritten } from './rewritten.js';
import type { TableWork } from './table-work.js';
import { bytesOf, isTooLong, namesHost, textColumns, valueLiteral } from './text-columns.js';
import { inTransaction, reasonOf } from './write.js';

/** Different values that are looked at together; each time, the whole table is read. */
const mostValues = 500;

interface FoundValue {
  /** Hexadecimal MD5 of its bytes. */
  readonly hash: string;
  readonly copies: number;
  readonly bytes: number;
}

interface ChangedValue extends FoundValue {
  readonly before: ByteText;
  readonly done: Rewritten;
}

/**
 * Rewrites a table whose rows have no key that names them: value by value, since rows of the same value change alike.
 * The table is read a few times for every few hundred different values.
 */
export async function rewriteUnkeyed(work: TableWork): Promise<void> {
  for (const column of textColumns(work.shape)) {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const found = await findValues(work, column, after);
      for (const part of inParts(found)) await rewriteValues(work, column, part);
      work.onRows(found.length);
      after = found.length < mostValues ? undefined : found.at(-1)?.hash;
    }
  }
}

const hashOf = (column: Column) => `MD5(${bytesOf(column)})`;
const isOneOf = (column: Column, values: readonly FoundValue[]) =>
  `${hashOf(column)} IN (${values.map(({ hash }) => `'${hash}'`).join(', ')})`;

/** Values that name one of the hosts, in the order of their hashes. */
async function findValues({ side, shape, rewriter }: TableWork, column: Column, after: string): Promise<FoundValue[]> {
  const found = await side.ask<FoundValue>(
    `SELECT ${hashOf(column)} AS hash, COUNT(*) AS copies, MAX(OCTET_LENGTH(${quoteName(column.name)})) AS bytes
       FROM ${side.qualified(shape.name)} WHERE ${namesHost(column, rewriter.hosts)}
      GROUP BY hash HAVING hash > '${after}' ORDER BY hash LIMIT ${mostValues}`,
  );
  return found.map(({ hash, copies, bytes }) => ({ hash, copies: Number(copies), bytes: Number(bytes) }));
}

async function rewriteValues(work: TableWork, column: Column, values: readonly FoundValue[]): Promise<void> {
  const { side, shape, rewriter, writes, findings } = work;
  const read = await side.ask<{ hash: string; bytes: Buffer }>(
    `SELECT ${hashOf(column)} AS hash, MIN(${bytesOf(column)}) AS bytes FROM ${side.qualified(shape.name)}
      WHERE ${isOneOf(column, values)} GROUP BY hash`,
  );
  const contents = new Map(read.map(({ hash, bytes }) => [hash, fromBytes(bytes)]));
  const changed: ChangedValue[] = [];
  for (const value of values) {
    const before = contents.get(value.hash);
    if (before === undefined) continue;
    const done = rewriteValue(before, rewriter);
    findings.left(column.name, rowsText(value), done.left);
    if (done.count === 0) continue;
    if (isTooLong(column, done.text)) findings.left(column.name, rowsText(value), ['too-long']);
    else changed.push({ ...value, before, done });
  }
  const refused = writes ? await writeValues(work, column, changed) : new Map<ChangedValue, PlaceReason>();
  for (const value of changed) {
    const reason = refused.get(value);
    if (reason !== undefined) findings.left(column.name, rowsText(value), [reason]);
    else findings.changed(column.name, rowsText(value), value.before, value.done, value.copies);
  }
}

const rowsText = ({ copies }: FoundValue) => `${copies} ${copies === 1 ? 'row' : 'rows'}`;

/** All at once, or each by itself where the server refuses one. @returns what it would not take */
async function writeValues(work: TableWork, column: Column, values: readonly ChangedValue[]) {
  const refused = new Map<ChangedValue, PlaceReason>();
  if (values.length === 0) return refused;
  try {
    await update(work, column, values);
  } catch (error) {
    const reason = reasonOf(error);
    await work.side.ask('ROLLBACK');
    const [only, ...more] = values;
    if (only && more.length === 0) return refused.set(only, reason);
    for (const value of values) {
      for (const [each, why] of await writeValues(work, column, [value])) refused.set(each, why);
    }
  }
  return refused;
}

async function update({ side, shape }: TableWork, column: Column, values: readonly ChangedValue[]): Promise<void> {
  const name = quoteName(column.name);
  const cases = values.map(({ hash, done }) => `WHEN '${hash}' THEN ${valueLiteral(column, done.text)}`);
  const assignments = [`${name} = CASE ${hashOf(column)} ${cases.join(' ')} ELSE ${name} END`, ...timesKept(shape)];
  await inTransaction(side, () =>
    side.ask(`UPDATE ${side.qualified(shape.name)} SET ${assignments.join(', ')} WHERE ${isOneOf(column, values)}`),
  );
}
