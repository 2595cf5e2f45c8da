import type { TableShape } from './shapes.js';

/** What a statement of some 10 ms reads of small rows. */
export const defaultPartRows = 4_096;

/** What one statement should read at most, by the server's estimate of a row. */
const partBytes = 32 * 1024 * 1024;
/** A statement that takes longer is too long to be interrupted politely; one much shorter is mostly overhead. */
const longMs = 1_000;
const shortMs = 50;

/** How many rows a part of a table has: few where rows are large, and adapted to what the servers manage. */
export class PartSize {
  #rows: number;
  readonly most: number;

  constructor(most: number, shapes: readonly Pick<TableShape, 'averageRowBytes'>[]) {
    this.most = most;
    const rowBytes = Math.max(1, ...shapes.map(({ averageRowBytes }) => averageRowBytes));
    this.#rows = Math.max(1, Math.min(most, Math.floor(partBytes / rowBytes)));
  }

  get rows(): number {
    return this.#rows;
  }

  /** Tells how long a part of the present size took. */
  took(ms: number): void {
    if (ms > longMs) this.#rows = Math.max(1, this.#rows >> 1);
    else if (ms < shortMs) this.#rows = Math.min(this.most, this.#rows * 2);
  }
}
