import { quoteName } from '../sql/sql-text.js';
import { canOrder, keyLiteral } from './columns.js';
import type { Column, Index, TableShape } from './shapes.js';

/** What names each row of a table, on both sides alike. */
export interface TableKey {
  /** `PRIMARY`, or a unique index's name. */
  readonly index: string;
  readonly columns: readonly Column[];
}

/**
 * The key by which two tables can be compared range by range: the primary key or a unique index, of columns that are
 * never NULL, that both sides have and declare alike. Undefined: they have none.
 */
export function commonKey(before: TableShape, after: TableShape): TableKey | undefined {
  const others = new Set(keysOf(after).map(signature));
  return keysOf(before).find((key) => others.has(signature(key)));
}

/** The keys of a table that name its rows, the best first. */
export function keysOf(shape: TableShape): TableKey[] {
  return shape.indexes
    .map((index) => toKey(index, shape))
    .filter((key) => key !== undefined)
    .sort((a, b) => rank(a) - rank(b) || a.columns.length - b.columns.length);
}

const rank = ({ index }: TableKey) => (index === 'PRIMARY' ? 0 : 1);

/** What must be the same on both sides, for a range to hold the same keys there. */
const signature = ({ columns }: TableKey) =>
  JSON.stringify(columns.map(({ name, type, collation }) => [name, type, collation]));

function toKey(index: Index, shape: TableShape): TableKey | undefined {
  if (!index.unique || index.type !== 'BTREE') return undefined;
  const columns: Column[] = [];
  for (const { column, length } of index.parts) {
    const found = shape.columns.find(({ name }) => name === column);
    if (!found || length !== null || found.nullable || !canOrder(found)) return undefined;
    columns.push(found);
  }
  return { index: index.name, columns };
}

/** Values of a key's columns, as they stand in a statement. */
export type KeyLiterals = readonly string[];

/** The rows behind `after` up to and with `upTo`. Undefined: from the first, to the last. */
export interface KeyRange {
  readonly after: KeyLiterals | undefined;
  readonly upTo: KeyLiterals | undefined;
}

export const everything: KeyRange = { after: undefined, upTo: undefined };

export const literalsOf = ({ columns }: TableKey, values: readonly unknown[]): KeyLiterals =>
  columns.map((column, index) => keyLiteral(column, values[index]));

/** `WHERE …` for a range, or nothing for everything. */
export function whereInRange(key: TableKey, { after, upTo }: KeyRange): string {
  const conditions = [
    ...(after ? [beyond(key, after, '>')] : []),
    ...(upTo ? [`(${beyond(key, upTo, '<')} OR ${equal(key, upTo)})`] : []),
  ];
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

/** Before or behind a key, column by column: the servers read a range of the index so, and not for `(a, b) > (1, 2)`. */
function beyond({ columns }: TableKey, at: KeyLiterals, compare: '<' | '>'): string {
  const names = columns.map(({ name }) => quoteName(name));
  const cases = names.map((name, index) => {
    const sameBefore = names.slice(0, index).map((earlier, i) => `${earlier} = ${at[i]}`);
    return `(${[...sameBefore, `${name} ${compare} ${at[index]}`].join(' AND ')})`;
  });
  return `(${cases.join(' OR ')})`;
}

const equal = ({ columns }: TableKey, at: KeyLiterals) =>
  `(${columns.map(({ name }, index) => `${quoteName(name)} = ${at[index]}`).join(' AND ')})`;

/** `WHERE …` for single rows. */
export function whereKeyIn(key: TableKey, keys: readonly KeyLiterals[]): string {
  const [only, ...more] = key.columns;
  if (only && more.length === 0) return `WHERE ${quoteName(only.name)} IN (${keys.map(([at]) => at).join(', ')})`;
  return `WHERE ${keys.map((at) => equal(key, at)).join(' OR ')}`;
}

/** The primary key's order is asked for by name: a smaller index could be read and sorted instead. */
export const orderedBy = ({ index }: TableKey) => (index === 'PRIMARY' ? 'FORCE INDEX (PRIMARY)' : '');
