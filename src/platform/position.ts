import { countOf, gtidSetText, parseGtidSet } from './gtid-set.js';

declare const position: unique symbol;

/**
 * A point in dev's history of changes, as the server writes it: for MariaDB a GTID such as `0-1-42`
 * (domain-server-sequence; one domain everywhere), for MySQL a GTID set. Empty before the first change.
 * Only `toPosition` makes one.
 */
export type Position = string & { readonly [position]: true };

const gtid = /^\d+-\d+-\d+$/;

/** @throws RangeError if the text is neither empty, nor a single MariaDB GTID, nor a MySQL GTID set */
export function toPosition(text: string): Position {
  if (text === '' || gtid.test(text)) return text as Position;
  try {
    return gtidSetText(parseGtidSet(text)) as Position;
  } catch (cause) {
    throw new RangeError(`Not a position: ${JSON.stringify(text)}.`, { cause });
  }
}

/** Whether it is a MySQL GTID set. The empty position is of either kind. */
export const isGtidSet = (at: Position): boolean => at.includes(':');

/** The count of transactions up to a position: a GTID's sequence number, a set's size, 0 for the empty position. */
export function sequenceOf(at: Position): number {
  if (isGtidSet(at)) return countOf(parseGtidSet(at));
  return at === '' ? 0 : Number(at.slice(at.lastIndexOf('-') + 1));
}
