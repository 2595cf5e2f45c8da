import type { Column } from '../shapes.js';
import { quoteName } from '../sql-text.js';
import { fromBytes } from './byte-text.js';
import { timesKept } from './rewrite-keyed.js';
import { rewriteValue } from './rewrite-value.js';
import type { TableWork } from './table-work.js';
import { bytesOf, isTooLong, namesHost, textColumns, valueLiteral } from './text-columns.js';
import { inTransaction, reasonOf } from './write.js';

/** Different values that are looked at together; each time, the whole table is read. */
const mostValues = 200;

/**
 * Rewrites a table whose rows have no key that names them: value by value, since rows of the same value change alike.
 * The table is read anew for every few hundred different values.
 */
export async function rewriteUnkeyed(work: TableWork): Promise<void> {
  for (const column of textColumns(work.shape)) {
    // Hashes are hexadecimal digits.
    for (let after: string | undefined = ''; after !== undefined; ) after = await rewriteValues(work, column, after);
  }
}

/** @returns the hash of the last value that was looked at; undefined if there are no more */
async function rewriteValues(work: TableWork, column: Column, after: string): Promise<string | undefined> {
  const { side, shape, rewriter } = work;
  const table = side.qualified(shape.name);
  const hash = `MD5(${bytesOf(column)})`;
  const found = await side.ask<{ hash: string; copies: number; bytes: number }>(
    `SELECT ${hash} AS hash, COUNT(*) AS copies, MAX(OCTET_LENGTH(${quoteName(column.name)})) AS bytes FROM ${table}
      WHERE ${namesHost(column, rewriter.hosts)} GROUP BY hash HAVING hash > '${after}' ORDER BY hash LIMIT ${mostValues}`,
  );
  for (const { hash: at, copies } of found) await rewriteOne(work, column, at, Number(copies));
  work.onRows(found.length);
  return found.length < mostValues ? undefined : found.at(-1)?.hash;
}

async function rewriteOne(
  { side, shape, rewriter, writes, findings }: TableWork,
  column: Column,
  hash: string,
  copies: number,
) {
  const table = side.qualified(shape.name);
  const isThis = `MD5(${bytesOf(column)}) = '${hash}'`;
  const [row] = await side.ask<{ bytes: Buffer }>(
    `SELECT ${bytesOf(column)} AS bytes FROM ${table} WHERE ${isThis} LIMIT 1`,
  );
  if (!row) return;
  const before = fromBytes(row.bytes);
  const done = rewriteValue(before, rewriter);
  const name = `${copies} ${copies === 1 ? 'row' : 'rows'}`;
  findings.left(column.name, name, done.left);
  if (done.count === 0) return;
  if (isTooLong(column, done.text)) return findings.left(column.name, name, ['too-long']);
  try {
    if (writes) {
      const assignments = [`${quoteName(column.name)} = ${valueLiteral(column, done.text)}`, ...timesKept(shape)];
      await inTransaction(side, () => side.ask(`UPDATE ${table} SET ${assignments.join(', ')} WHERE ${isThis}`));
    }
    findings.changed(column.name, name, before, done, copies);
  } catch (error) {
    const reason = reasonOf(error);
    await side.ask('ROLLBACK');
    findings.left(column.name, name, [reason]);
  }
}
