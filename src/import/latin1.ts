import { type Column, readShapes, type TableShape } from '../content/shapes.js';
import { prepareSide, Side } from '../content/side.js';
import { hasCode } from '../output/errors.js';
import type { SqlConnection } from '../platform/databases.js';
import { quoteName } from '../sql/sql-text.js';

export interface Latin1Columns {
  /** UTF-8 that was kept in columns declared as Latin-1: declared as what it is now. */
  readonly converted: readonly string[];
  /** Some of their values are UTF-8 and some are not, or the server refused the conversion: as they were. */
  readonly unclear: readonly string[];
}

const binaryOf: Readonly<Record<string, string>> = {
  tinytext: 'TINYBLOB',
  text: 'BLOB',
  mediumtext: 'MEDIUMBLOB',
  longtext: 'LONGBLOB',
};

/**
 * Early WordPress wrote UTF-8 into tables that are declared as Latin-1, and read it back the same way. Read as what
 * they are declared, umlauts become two odd letters each. Columns in which every value beyond ASCII is right UTF-8
 * are declared so: the bytes stay.
 */
export async function declareUtf8(
  connection: SqlConnection,
  schema: string,
  signal: AbortSignal,
): Promise<Latin1Columns> {
  const side = new Side('after', connection, schema, { signal, until: performance.now() + 6 * 3_600_000 });
  await prepareSide(side);
  const converted: string[] = [];
  const unclear: string[] = [];
  for (const shape of (await readShapes(side)).values()) {
    const candidates = shape.columns.filter(
      ({ charset, expression, dataType }) => charset === 'latin1' && expression === null && isText(dataType),
    );
    if (candidates.length === 0) continue;
    for (const { column, beyondAscii, utf8 } of await contentsOf(side, shape, candidates)) {
      if (beyondAscii === 0) continue;
      const name = `${shape.name}.${column.name}`;
      if (utf8 < beyondAscii || !(await convert(side, shape, column))) unclear.push(name);
      else converted.push(name);
    }
  }
  return { converted, unclear };
}

const isText = (dataType: string) => dataType === 'varchar' || dataType === 'char' || dataType in binaryOf;

async function contentsOf(side: Side, shape: TableShape, columns: readonly Column[]) {
  const sums = columns.flatMap(({ name }, index) => {
    const quoted = quoteName(name);
    const bytes = `CAST(${quoted} AS BINARY)`;
    const beyond = `LENGTH(CONVERT(${quoted} USING utf8mb4)) <> LENGTH(${quoted})`;
    // What is no UTF-8 is replaced on the way, and does not come back the same.
    const isUtf8 = `CAST(CONVERT(${bytes} USING utf8mb4) AS BINARY) = ${bytes}`;
    return [`SUM(${beyond}) AS b${index}`, `SUM(${beyond} AND ${isUtf8}) AS u${index}`];
  });
  const [row] = await side.ask<Record<string, unknown>>(`SELECT ${sums.join(', ')} FROM ${side.qualified(shape.name)}`);
  return columns.map((column, index) => ({
    column,
    beyondAscii: Number(row?.[`b${index}`] ?? 0),
    utf8: Number(row?.[`u${index}`] ?? 0),
  }));
}

/** By way of bytes, which keeps them. @returns false if the server refuses it: keys that would become the same */
async function convert(
  side: Side,
  shape: TableShape,
  { name, type, dataType, nullable, defaultValue }: Column,
): Promise<boolean> {
  const table = side.qualified(shape.name);
  const quoted = quoteName(name);
  const rest = `${nullable ? 'NULL' : 'NOT NULL'}${defaultValue === null ? '' : ` DEFAULT ${defaultValue}`}`;
  const modify = (declared: string) => side.ask(`ALTER TABLE ${table} MODIFY ${quoted} ${declared}`);
  await modify(
    `${binaryOf[dataType] ?? type.replace(/^(?:var)?char/i, 'VARBINARY')} ${nullable ? 'NULL' : 'NOT NULL'}`,
  );
  try {
    await modify(`${type} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci ${rest}`);
    return true;
  } catch (error) {
    if (!hasCode(error, 'sql-failed')) throw error;
    await modify(`${type} CHARACTER SET latin1 ${rest}`);
    return false;
  }
}
