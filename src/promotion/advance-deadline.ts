import { type Position, sequenceOf } from '../platform/position.js';

const leastMs = 60_000;
/** Far more than a transaction takes: it bounds a replica that stands still, not one that has much to do. */
const perTransactionMs = 100;

/** How long a replica may take from one position to another, in ms. */
export function advanceDeadline(from: Position, to: Position): number {
  return leastMs + perTransactionMs * Math.max(0, sequenceOf(to) - sequenceOf(from));
}
