import { binaryLiteral, quoteName, textLiteral } from '../../sql/sql-text.js';
import type { Column, TableShape } from '../shapes.js';
import { type ByteText, toBytes } from './byte-text.js';

const textTypes = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json']);
const binaryTypes = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob']);
/** What is stored in these is UTF-8 already. */
const utf8 = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii']);

/** The columns of a table in which addresses can stand. Generated ones follow from others. */
export const textColumns = ({ columns }: TableShape): Column[] =>
  columns.filter(
    ({ dataType, expression }) => expression === null && (textTypes.has(dataType) || binaryTypes.has(dataType)),
  );

/** The column's value as bytes: of text, its UTF-8, as WordPress sees it. */
export function bytesOf({ name, dataType, charset }: Column): string {
  const quoted = quoteName(name);
  const isStoredSo = binaryTypes.has(dataType) || (charset !== null && utf8.has(charset));
  return `CAST(${isStoredSo ? quoted : `CONVERT(${quoted} USING utf8mb4)`} AS BINARY)`;
}

/** A new value as it stands in a statement. */
export function valueLiteral({ dataType }: Column, value: ByteText): string {
  const literal = binaryLiteral(toBytes(value));
  return binaryTypes.has(dataType) ? literal : `CONVERT(${literal} USING utf8mb4)`;
}

/** The bytes as text of one byte for each character, which compares without regard to case, and fast. */
const comparable = (column: Column) => `CONVERT(${bytesOf(column)} USING latin1) COLLATE latin1_swedish_ci`;

/** Whether a host is named in a column, in any case and in any form in which the rewriter would find it. */
export function namesHost(column: Column, hosts: readonly ByteText[]): string {
  return `(${hosts.map((host) => `${comparable(column)} LIKE ${likePattern(host)}`).join(' OR ')})`;
}

const likePattern = (host: ByteText) =>
  `CONVERT(${textLiteral(`%${host.replaceAll('_', '\\_').replaceAll('--', '%')}%`)} USING latin1)`;

/** Where the first of the hosts stands in a column, counted in bytes from 1. */
export function placeOfHost(column: Column, hosts: readonly ByteText[]): string {
  const places = hosts.map(
    (host) =>
      `NULLIF(LOCATE(CONVERT(${textLiteral(host.split('--')[0] ?? host)} USING latin1), ${comparable(column)}), 0)`,
  );
  return `COALESCE(${[...places, '1'].join(', ')})`;
}

/** Whether a value is longer than its column takes. */
export function isTooLong({ type, octets, charset }: Column, value: ByteText): boolean {
  const characters = /^(?:var)?char\((\d+)\)/.exec(type)?.[1];
  if (characters !== undefined) return [...toBytes(value).toString('utf8')].length > Number(characters);
  if (octets === null || value.length <= octets) return false;
  // In another character set it can be shorter than it is in UTF-8; the server says so then.
  return charset === null || utf8.has(charset);
}
