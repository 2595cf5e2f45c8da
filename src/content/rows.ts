/** Which of the two databases: what is there now (the edition in prod), and what would replace it (dev). */
export type SideName = 'before' | 'after';

/**
 * A value as the server holds it, without loss: whole numbers and BIT as `number` where that is exact, else `bigint`;
 * FLOAT and DOUBLE as `number`; decimals, dates (in UTC), JSON, ENUM and SET as the server's text; binary as `Buffer`;
 * GEOMETRY as a `Buffer` of SRID and WKB. A value of more bytes than the caller wanted to see is a `LargeValue`.
 */
export type Cell = string | number | bigint | Buffer | null | LargeValue;

/** Stands for a value that was not read: two are equal when length and hash are. */
export interface LargeValue {
  /** Text: as UTF-8. */
  readonly bytes: number;
  /** Hexadecimal. */
  readonly md5: string;
}

/** Values by column. */
export type Row = Readonly<Record<string, Cell>>;

interface ChangeOfKeyedRow {
  readonly table: string;
  /** The columns of the key that names this row, in the key's order. */
  readonly key: Row;
}

/**
 * What happened to one row. Generated columns are left out: they follow from the others. A row holds all other
 * columns of its own side, also those that the other side's table does not have.
 *
 * Keys are compared byte by byte: where the server takes `Abc` and `abc` for the same key, such a change is a deletion
 * and an insertion. Whoever applies changes applies deletions first.
 */
export type RowChange =
  | (ChangeOfKeyedRow & { readonly kind: 'inserted'; readonly after: Row })
  | (ChangeOfKeyedRow & { readonly kind: 'deleted'; readonly before: Row })
  | (ChangeOfKeyedRow & {
      readonly kind: 'updated';
      readonly before: Row;
      readonly after: Row;
      /** Of the columns that both sides have. Never empty. */
      readonly changedColumns: readonly string[];
    })
  | UnkeyedChange;

/** A row of a table without a key is known by its content alone, so it cannot be updated: it goes and another comes. */
export type UnkeyedChange = {
  readonly table: string;
  readonly key: undefined;
  /** How many rows of exactly this content came or went. */
  readonly copies: number;
} & ({ readonly kind: 'inserted'; readonly after: Row } | { readonly kind: 'deleted'; readonly before: Row });

export function isLargeValue(cell: Cell): cell is LargeValue {
  return typeof cell === 'object' && cell !== null && 'md5' in cell;
}

/** Whether two cells are the same value, byte by byte for text. Values of columns of two types are compared as text. */
export function sameCell(a: Cell, b: Cell): boolean {
  if (a === null || b === null) return a === b;
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return a.equals(b);
  if (isLargeValue(a) || isLargeValue(b)) {
    return isLargeValue(a) && isLargeValue(b) && a.bytes === b.bytes && a.md5 === b.md5;
  }
  return String(a) === String(b);
}
