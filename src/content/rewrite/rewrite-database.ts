import type { Report } from '../../output/messages.js';
import type { SqlConnection } from '../../platform/databases.js';
import { keysOf } from '../keys.js';
import { readShapes } from '../shapes.js';
import { prepareSide, Side } from '../side.js';
import type { AddressRewriter } from './address-rewriter.js';
import { Findings, type RewrittenColumn } from './findings.js';
import { rewriteKeyed } from './rewrite-keyed.js';
import { rewriteUnkeyed } from './rewrite-unkeyed.js';
import type { TableWork } from './table-work.js';
import { textColumns } from './text-columns.js';

export interface RewriteOptions {
  readonly schema: string;
  readonly rewriter: AddressRewriter;
  /** False: nothing is written, and the result says what would be. */
  readonly writes: boolean;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** For everything. Default 6 h. */
  readonly deadlineMs?: number;
}

export interface RewrittenDatabase {
  readonly tables: number;
  /** Those in which something was found. */
  readonly columns: readonly RewrittenColumn[];
}

/** The task under which it reports. */
export const rewriteTask = 'rewrite';

/**
 * Replaces addresses in every column of text or bytes of a schema. Only values that change are written, and only
 * values that hold one of the hosts are fetched. Batches are transactions: a run that ends early leaves each row
 * either as it was or rewritten, and may be repeated. People may work in the database meanwhile.
 * @param connection one of its own, as a role that may write: after an error, close it
 * @throws code `deadline`, what the connection throws, the signal's reason when it is aborted
 */
export async function rewriteDatabase(connection: SqlConnection, options: RewriteOptions): Promise<RewrittenDatabase> {
  const { schema, rewriter, writes, report, signal, deadlineMs = 6 * 3_600_000 } = options;
  const side = new Side('after', connection, schema, { signal, until: performance.now() + deadlineMs });
  await prepareSide(side);
  // Rows that are read and turn out to be no match are not kept locked.
  await side.ask('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  const columns: RewrittenColumn[] = [];
  let rows = 0;
  const shapes = [...(await readShapes(side)).values()];
  for (const shape of shapes) {
    if (textColumns(shape).length === 0) continue;
    const findings = new Findings(shape.name);
    const onRows = (more: number) => {
      rows += more;
      report({ kind: 'progress', task: rewriteTask, done: rows, unit: 'rows with the address' });
    };
    const work: TableWork = { side, shape, rewriter, writes, findings, onRows };
    const [key] = keysOf(shape);
    if (key) await rewriteKeyed(work, key);
    else await rewriteUnkeyed(work);
    columns.push(...findings.columns);
  }
  return { tables: shapes.length, columns };
}
