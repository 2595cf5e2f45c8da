import { type Position, sequenceOf } from '../platform/position.js';

/** How `a` stands to `b` in one history. `diverged`: both have the same count of changes, but not the same ones. */
export type Order = 'same' | 'before' | 'after' | 'diverged';

/**
 * Compares two positions of one domain by how many transactions each counts. Sequence numbers grow by one with each
 * transaction whoever writes it, so between different numbers the count decides; at the same number the servers must
 * be the same too.
 */
export function compare(a: Position, b: Position): Order {
  const difference = sequenceOf(a) - sequenceOf(b);
  if (difference !== 0) return difference < 0 ? 'before' : 'after';
  return a === b ? 'same' : 'diverged';
}

/** Whether everything up to `part` is among what is up to `whole`, as far as two positions alone can tell. */
export function contains(whole: Position, part: Position): boolean {
  const order = compare(whole, part);
  return order === 'same' || order === 'after';
}

/** How many transactions `replica` lacks of what `primary` has; 0 if it lacks none. */
export function transactionsBetween(replica: Position, primary: Position): number {
  return Math.max(0, sequenceOf(primary) - sequenceOf(replica));
}
