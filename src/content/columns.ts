import { binaryLiteral, quoteName, textLiteral } from '../sql/sql-text.js';
import type { Cell, Row } from './rows.js';
import type { Column } from './shapes.js';

/**
 * How a column's values are turned into text or bytes without losing anything, and whether they can be put in order:
 * by a literal, exactly as the server orders them in an index.
 */
type Kind =
  | 'integer'
  | 'decimal'
  | 'temporal'
  | 'text'
  | 'binary'
  | 'real'
  | 'year'
  | 'bit'
  | 'enum'
  | 'shape'
  | 'other';

const kinds: Readonly<Record<Kind, readonly string[]>> = {
  integer: ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'],
  decimal: ['decimal'],
  temporal: ['date', 'time', 'datetime', 'timestamp'],
  text: ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json'],
  binary: ['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'],
  real: ['float', 'double'],
  year: ['year'],
  bit: ['bit'],
  enum: ['enum', 'set'],
  shape: [
    'geometry',
    'point',
    'linestring',
    'polygon',
    'multipoint',
    'multilinestring',
    'multipolygon',
    'geomcollection',
    'geometrycollection',
  ],
  // uuid, inet6 and what a later server invents: by its text.
  other: [],
};

const kindOfType = new Map(
  (Object.keys(kinds) as Kind[]).flatMap((kind) => kinds[kind].map((type) => [type, kind] as const)),
);

const kindOf = ({ dataType }: Column): Kind => kindOfType.get(dataType) ?? 'other';

/** What WordPress uses as bytes is UTF-8; other character sets are converted, so that both sides speak of the same. */
const utf8 = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii']);

/** Longer values enter a row's fingerprint by their length and hash: a statement's text and results are limited. */
const inlineBytes = 512;

/**
 * The column as a value that reads without loss. FLOAT is shown with six digits only, so it is widened; a BIT would
 * come as bytes; ZEROFILL would show as other text than the same number without it.
 */
function exactValue(column: Column): string {
  const name = quoteName(column.name);
  switch (kindOf(column)) {
    case 'real':
      return `(${name} * 1e0)`;
    case 'bit':
      return `CAST(${name} AS UNSIGNED)`;
    case 'integer':
    case 'decimal':
      return column.type.includes('zerofill') ? `(${name} + 0)` : name;
    case 'text':
    case 'enum':
      return column.charset !== null && utf8.has(column.charset) ? name : `CONVERT(${name} USING utf8mb4)`;
    case 'shape':
      return `CAST(${name} AS BINARY)`;
    case 'other':
      return `CAST(${name} AS CHAR)`;
    default:
      return name;
  }
}

const hasLength = new Set<Kind>(['text', 'binary', 'enum', 'shape', 'other']);

/** The most bytes of a value, as far as it is known. */
const mostBytes = (column: Column) => column.octets ?? Number.POSITIVE_INFINITY;

/**
 * A column's part of the text that a row's fingerprint is made of. Values with a length carry it in front, NULL is `~`,
 * which no other value is, and every part ends in `|`: two different rows never give the same text.
 */
export function fingerprintPart(column: Column): string {
  const value = exactValue(column);
  if (!hasLength.has(kindOf(column))) {
    return column.nullable ? `IFNULL(CONCAT(${value}), '~'), '|'` : `${value}, '|'`;
  }
  const bytes = `CAST(${value} AS BINARY)`;
  const length = `OCTET_LENGTH(${bytes})`;
  const short = mostBytes(column) <= inlineBytes ? bytes : `IF(${length} <= ${inlineBytes}, ${bytes}, MD5(${bytes}))`;
  const part = `CONCAT(${length}, ':', ${short})`;
  return column.nullable ? `IFNULL(${part}, '~'), '|'` : `${part}, '|'`;
}

/**
 * What to select so that `readCell` can read the column from a result.
 * @param valueBytes a value of more bytes is not read: its length and hash are
 */
export function cellFields(column: Column, index: number, valueBytes: number): string {
  const value = exactValue(column);
  if (!canBeLarge(column, valueBytes)) return `${value} AS v${index}`;
  const bytes = `CAST(${value} AS BINARY)`;
  const fits = `OCTET_LENGTH(${bytes}) <= ${valueBytes}`;
  return [
    `IF(${fits}, ${value}, NULL) AS v${index}`,
    `IF(${fits}, NULL, OCTET_LENGTH(${bytes})) AS l${index}`,
    `IF(${fits}, NULL, MD5(${bytes})) AS m${index}`,
  ].join(', ');
}

const canBeLarge = (column: Column, valueBytes: number) =>
  hasLength.has(kindOf(column)) && mostBytes(column) > valueBytes;

export type ResultRow = Readonly<Record<string, string | number | bigint | Buffer | null | undefined>>;

export function readCell(row: ResultRow, index: number): Cell {
  const md5 = row[`m${index}`];
  // A value that is NULL has neither length nor hash.
  if (md5 !== undefined && md5 !== null) return { bytes: Number(row[`l${index}`]), md5: String(md5) };
  return row[`v${index}`] ?? null;
}

export function readRow(columns: readonly Column[], row: ResultRow): Row {
  return Object.fromEntries(columns.map(({ name }, index) => [name, readCell(row, index)]));
}

/** The most bytes that a row can take in a result, large values left out. */
export function rowBytes(columns: readonly Column[], valueBytes: number): number {
  const bytesOf = (column: Column) => (hasLength.has(kindOf(column)) ? Math.min(mostBytes(column), valueBytes) : 20);
  return columns.reduce((sum, column) => sum + bytesOf(column), 0);
}

const orderable = new Set<Kind>(['integer', 'decimal', 'temporal', 'text', 'binary', 'other']);

/** Whether ranges of its values can be named. ENUM, for one, is stored by number and compared as text. */
export const canOrder = (column: Column) => orderable.has(kindOf(column)) && column.expression === null;

const plainNumber = /^-?\d+(\.\d+)?$/;
const plainTime = /^[-\d:. ]+$/;

/** A value of a key as it stands in a statement. It came from the server, so one of another form is a defect. */
export function keyLiteral(column: Column, value: unknown): string {
  const kind = kindOf(column);
  if (Buffer.isBuffer(value)) return binaryLiteral(value);
  const text = String(value);
  if ((kind === 'integer' || kind === 'decimal') && plainNumber.test(text)) return text;
  if (kind === 'temporal' && plainTime.test(text)) return `'${text}'`;
  if ((kind === 'text' || kind === 'other') && typeof value === 'string') return textLiteral(text);
  throw new RangeError(`A value of the key column ${column.name} (${column.type}) is not one: ${typeof value}.`);
}

/** The columns of a key as they are read and compared. */
export const keyFields = (columns: readonly Column[]) =>
  columns.map((column, index) => `${exactValue(column)} AS v${index}`).join(', ');
