import type { TableShape } from '../shapes.js';
import type { Side } from '../side.js';
import type { AddressRewriter } from './address-rewriter.js';
import type { Findings } from './findings.js';

/** What is needed for one table. */
export interface TableWork {
  readonly side: Side;
  readonly shape: TableShape;
  readonly rewriter: AddressRewriter;
  readonly writes: boolean;
  readonly findings: Findings;
  readonly onRows: (rows: number) => void;
}
