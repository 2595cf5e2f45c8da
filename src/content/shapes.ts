import { textLiteral } from '../sql/sql-text.js';
import type { Side } from './side.js';

export interface Column {
  readonly name: string;
  /** Without length and attributes, lower case: `varchar`. */
  readonly dataType: string;
  /** As it was declared: `varchar(200)`, `int(10) unsigned zerofill`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Of text only. */
  readonly charset: string | null;
  readonly collation: string | null;
  /** The most bytes that a value of text or binary can have. */
  readonly octets: number | null;
  readonly defaultValue: string | null;
  readonly extra: string;
  /** Of a generated column only. */
  readonly expression: string | null;
}

export interface Index {
  readonly name: string;
  readonly unique: boolean;
  /** `BTREE`, `HASH`, `FULLTEXT`, … */
  readonly type: string;
  /** An expression has no column; `length` is there where only the beginning of a column is indexed. */
  readonly parts: readonly { readonly column: string | null; readonly length: number | null }[];
}

export interface TableShape {
  readonly name: string;
  readonly engine: string | null;
  readonly collation: string | null;
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
  /** The server's estimates. */
  readonly estimatedRows: number;
  readonly averageRowBytes: number;
}

interface TableRecord {
  name: string;
  engine: string | null;
  collation: string | null;
  estimatedRows: number | bigint | null;
  averageRowBytes: number | bigint | null;
}
interface ColumnRecord extends Omit<Column, 'nullable' | 'octets'> {
  tableName: string;
  nullable: 'YES' | 'NO';
  octets: number | bigint | null;
}
interface IndexRecord {
  tableName: string;
  name: string;
  nonUnique: number;
  type: string;
  columnName: string | null;
  length: number | bigint | null;
}

/** The tables of a schema, by name; views are left out. Columns are in the table's order. */
export async function readShapes(side: Side): Promise<ReadonlyMap<string, TableShape>> {
  const schema = textLiteral(side.schema);
  const tables = await side.ask<TableRecord>(
    `SELECT TABLE_NAME AS name, ENGINE AS engine, TABLE_COLLATION AS collation, TABLE_ROWS AS estimatedRows,
            AVG_ROW_LENGTH AS averageRowBytes
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${schema} AND TABLE_TYPE = 'BASE TABLE' ORDER BY name`,
  );
  const columns = await side.ask<ColumnRecord>(
    `SELECT TABLE_NAME AS tableName, COLUMN_NAME AS name, DATA_TYPE AS dataType, COLUMN_TYPE AS type,
            IS_NULLABLE AS nullable, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation,
            CHARACTER_OCTET_LENGTH AS octets, COLUMN_DEFAULT AS defaultValue, EXTRA AS extra,
            NULLIF(GENERATION_EXPRESSION, '') AS expression
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${schema} ORDER BY tableName, ORDINAL_POSITION`,
  );
  const parts = await side.ask<IndexRecord>(
    `SELECT TABLE_NAME AS tableName, INDEX_NAME AS name, NON_UNIQUE AS nonUnique, INDEX_TYPE AS type,
            COLUMN_NAME AS columnName, SUB_PART AS length
       FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ${schema} ORDER BY tableName, name, SEQ_IN_INDEX`,
  );
  const columnsOf = groupBy(columns, ({ tableName }) => tableName);
  const partsOf = groupBy(parts, ({ tableName }) => tableName);
  return new Map(
    tables.map(({ name, engine, collation, estimatedRows, averageRowBytes }) => [
      name,
      {
        name,
        engine,
        collation,
        columns: (columnsOf.get(name) ?? []).map(toColumn),
        indexes: toIndexes(partsOf.get(name) ?? []),
        estimatedRows: Number(estimatedRows ?? 0),
        averageRowBytes: Number(averageRowBytes ?? 0),
      },
    ]),
  );
}

function toColumn({ tableName: _, nullable, octets, dataType, ...rest }: ColumnRecord): Column {
  return {
    ...rest,
    dataType: dataType.toLowerCase(),
    nullable: nullable === 'YES',
    octets: octets === null ? null : Number(octets),
  };
}

function toIndexes(records: readonly IndexRecord[]): Index[] {
  return [...groupBy(records, ({ name }) => name)].map(([name, parts]) => ({
    name,
    unique: parts[0]?.nonUnique === 0,
    type: parts[0]?.type ?? '',
    parts: parts.map(({ columnName, length }) => ({
      column: columnName,
      length: length === null ? null : Number(length),
    })),
  }));
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
