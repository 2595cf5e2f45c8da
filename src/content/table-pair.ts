import { type Fingerprint, nothing, together } from './fingerprint.js';
import type { RowChange, SideName } from './rows.js';
import type { Column, TableShape } from './shapes.js';
import type { Side } from './side.js';

/** A table that both databases have. */
export interface TablePair {
  readonly name: string;
  readonly before: TableShape;
  readonly after: TableShape;
  /** What is compared: the columns that both have, as each of them declares it, in one order. */
  readonly common: Readonly<Record<SideName, readonly Column[]>>;
  /** What is read of a row that changed: all columns of its side. */
  readonly own: Readonly<Record<SideName, readonly Column[]>>;
}

/** Generated columns follow from the others, so they are neither compared nor read. */
export const storedColumns = (shape: TableShape) => shape.columns.filter(({ expression }) => expression === null);

export function pairTables(before: TableShape, after: TableShape): TablePair {
  const own = { before: storedColumns(before), after: storedColumns(after) };
  const names = new Set(own.after.map(({ name }) => name));
  const shared = own.before.filter(({ name }) => names.has(name)).map(({ name }) => name);
  const select = (columns: readonly Column[]) =>
    shared.map((name) => columns.find((column) => column.name === name)).filter((column) => column !== undefined);
  return {
    name: before.name,
    before,
    after,
    common: { before: select(own.before), after: select(own.after) },
    own,
  };
}

export interface Counts {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

export const noCounts: Counts = { inserted: 0, updated: 0, deleted: 0 };

/** What is found while a table is compared, and how much of it may still be read in detail. */
export class Findings {
  counts: Counts = noCounts;
  /** Both tables as a whole. */
  totals: Readonly<Record<SideName, Fingerprint>> = { before: nothing, after: nothing };
  /** Changed rows that were told one by one. */
  told = 0;

  constructor(
    private readonly most: number,
    private readonly onChange: (change: RowChange) => void | Promise<void>,
  ) {}

  /** How many changes may still be told. */
  get room(): number {
    return this.most - this.told;
  }

  saw(before: Fingerprint, after: Fingerprint): void {
    this.totals = { before: together(this.totals.before, before), after: together(this.totals.after, after) };
  }

  count({ inserted = 0, updated = 0, deleted = 0 }: Partial<Counts>): void {
    this.counts = {
      inserted: this.counts.inserted + inserted,
      updated: this.counts.updated + updated,
      deleted: this.counts.deleted + deleted,
    };
  }

  async tell(change: RowChange): Promise<void> {
    this.told += change.key === undefined ? change.copies : 1;
    await this.onChange(change);
  }
}

export interface TableWork {
  readonly sides: Readonly<Record<SideName, Side>>;
  readonly pair: TablePair;
  readonly findings: Findings;
  /** Values of more bytes are not read whole. */
  readonly valueBytes: number;
  /** Told after every part: how many rows of both tables have been looked at. */
  readonly onRows: (rows: number) => void;
}

/** Asks both servers at the same time. */
export async function both<T>(ask: (side: SideName) => Promise<T>): Promise<Readonly<Record<SideName, T>>> {
  const [before, after] = await Promise.all([ask('before'), ask('after')]);
  return { before, after };
}
