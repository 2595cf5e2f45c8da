import { type Cell, isLargeValue } from '../rows.js';

const longest = 120;

/** Text from the database as it can be printed: nothing in it may steer a terminal. */
export function titleOf(cell: Cell | undefined, otherwise: string): string {
  if (cell === undefined || cell === null || isLargeValue(cell) || Buffer.isBuffer(cell)) return otherwise;
  const text = String(cell)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  if (text === '') return otherwise;
  const characters = [...text];
  return characters.length > longest
    ? `${characters
        .slice(0, longest - 1)
        .join('')
        .trimEnd()}…`
    : text;
}

/** A login may be an e-mail address, which is nobody's business. */
export const loginOf = (cell: Cell | undefined, otherwise: string) => titleOf(cell, otherwise).replace(/@.*$/, '@…');

export const textOf = (cell: Cell | undefined) => (typeof cell === 'string' ? cell : '');

/** An id as JSON holds it without rounding. */
export function idOf(cell: Cell | undefined): number | string {
  return typeof cell === 'number' ? cell : typeof cell === 'bigint' ? String(cell) : textOf(cell);
}
