declare const position: unique symbol;

/**
 * A point in dev's history of changes, as the server writes it: for MariaDB a GTID such as `0-1-42`
 * (domain-server-sequence; one domain everywhere), for MySQL a GTID set. Empty before the first change.
 * Only `toPosition` makes one.
 */
export type Position = string & { readonly [position]: true };

const gtid = /^\d+-\d+-\d+$/;

/** @throws RangeError if the text is neither empty nor a single MariaDB GTID */
export function toPosition(text: string): Position {
  if (text !== '' && !gtid.test(text)) throw new RangeError(`Not a position: ${JSON.stringify(text)}.`);
  return text as Position;
}

/** The count of transactions up to a position: its sequence number, 0 for the empty position. */
export function sequenceOf(at: Position): number {
  return at === '' ? 0 : Number(at.slice(at.lastIndexOf('-') + 1));
}
