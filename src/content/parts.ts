import { quoteName } from '../sql/sql-text.js';
import { keyFields, type ResultRow } from './columns.js';
import { type Fingerprint, fingerprintOf, nothing, together } from './fingerprint.js';
import { type KeyLiterals, type KeyRange, keysOf, literalsOf, orderedBy, type TableKey, whereInRange } from './keys.js';
import { PartSize } from './part-size.js';
import type { TableShape } from './shapes.js';
import type { Side } from './side.js';
import { storedColumns } from './table-pair.js';

/** A table with the condition that holds for a range of its key, to stand behind FROM. */
export const rangeOf = (side: Side, table: string, key: TableKey, range: KeyRange) =>
  `${side.qualified(table)} ${orderedBy(key)} ${whereInRange(key, range)}`;

/** The key of the last of the first `rows` rows of a range. Undefined when there are not so many. */
export async function endOfPart(
  side: Side,
  table: string,
  key: TableKey,
  range: KeyRange,
  rows: number,
): Promise<KeyLiterals | undefined> {
  const names = key.columns.map(({ name }) => quoteName(name)).join(', ');
  const [row] = await side.ask<ResultRow>(
    `SELECT ${keyFields(key.columns)} FROM ${rangeOf(side, table, key, range)} ORDER BY ${names} LIMIT 1 OFFSET ${rows - 1}`,
  );
  return row && readKey(key, row);
}

/** The key in a result of `keyFields`. */
export const readKey = (key: TableKey, row: ResultRow) =>
  literalsOf(
    key,
    key.columns.map((_, index) => row[`v${index}`]),
  );

/** A table's fingerprint, part by part where it has a key, so that no statement takes long. */
export async function fingerprintTable(side: Side, shape: TableShape, partRows: number): Promise<Fingerprint> {
  const columns = storedColumns(shape);
  const [key] = keysOf(shape);
  if (!key) return fingerprintOf(side, side.qualified(shape.name), columns);
  const size = new PartSize(partRows, [shape]);
  let found = nothing;
  for (let after: KeyLiterals | undefined; ; ) {
    const upTo = await endOfPart(side, shape.name, key, { after, upTo: undefined }, size.rows);
    const asked = performance.now();
    found = together(found, await fingerprintOf(side, rangeOf(side, shape.name, key, { after, upTo }), columns));
    size.took(performance.now() - asked);
    if (upTo === undefined) return found;
    after = upTo;
  }
}
