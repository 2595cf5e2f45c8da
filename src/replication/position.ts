import { type GtidSet, isSubset, parseGtidSet } from '../platform/gtid-set.js';
import { isGtidSet, type Position, sequenceOf } from '../platform/position.js';

/** How `a` stands to `b` in one history. `diverged`: neither has all that the other has. */
export type Order = 'same' | 'before' | 'after' | 'diverged';

/**
 * Compares two positions of one domain by how many transactions each counts. Sequence numbers grow by one with each
 * transaction whoever writes it, so between different numbers the count decides; at the same number the servers must
 * be the same too. Sets tell exactly what they have in common.
 */
export function compare(a: Position, b: Position): Order {
  if (isGtidSet(a) || isGtidSet(b)) return compareSets(parseGtidSet(a), parseGtidSet(b));
  const difference = sequenceOf(a) - sequenceOf(b);
  if (difference !== 0) return difference < 0 ? 'before' : 'after';
  return a === b ? 'same' : 'diverged';
}

function compareSets(a: GtidSet, b: GtidSet): Order {
  const [inB, inA] = [isSubset(a, b), isSubset(b, a)];
  if (inA && inB) return 'same';
  if (inB) return 'before';
  return inA ? 'after' : 'diverged';
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
