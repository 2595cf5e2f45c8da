import { type Report, reportTask } from '../output/messages.js';
import type { SqlConnection } from '../platform/databases.js';
import { compareKeyed } from './compare-keyed.js';
import { compareUnkeyed } from './compare-unkeyed.js';
import { fingerprintText } from './fingerprint.js';
import { commonKey } from './keys.js';
import { defaultPartRows, PartSize } from './part-size.js';
import { fingerprintTable } from './parts.js';
import { progressOf } from './progress.js';
import type { RowChange, SideName } from './rows.js';
import { type SchemaDifference, schemaDifferences } from './schema-differences.js';
import { readShapes, type TableShape } from './shapes.js';
import { prepareSide, Side } from './side.js';
import { type Counts, Findings, pairTables } from './table-pair.js';

export interface CompareOptions {
  readonly schemas: Readonly<Record<SideName, string>>;
  /** Only these tables. Default: all. */
  readonly tables?: readonly string[];
  /** Told each change of a row, one after the other; the comparison waits for it. */
  readonly onChange?: (change: RowChange) => void | Promise<void>;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** For everything. Default 10 minutes. */
  readonly deadlineMs?: number;
  /** Rows of a part that is compared by one statement; fewer where rows are large. Default 4,096. */
  readonly chunkRows?: number;
  /** Changes that are told one by one, of a table. More are counted only. Default 10,000. */
  readonly changesOf?: (table: string) => number;
  /** Values of more bytes are told by length and hash. Default 4,096. */
  readonly valueBytes?: number;
}

/**
 * How a table was compared. `by-key`: row by row; `by-content`: it has no usable key, so a row that was edited counts
 * as one deleted and one inserted; `added`, `removed`: only one side has it, and its rows are counted; `no-columns`:
 * both have it and share no column, so all rows go and others come.
 */
export type CompareMethod = 'by-key' | 'by-content' | 'added' | 'removed' | 'no-columns';

export interface ComparedTable extends Counts {
  readonly name: string;
  readonly method: CompareMethod;
  readonly rows: Readonly<Record<SideName, number>>;
  /** How many of the changed rows were told one by one. */
  readonly told: number;
  /**
   * As `checksumTables` gives them, found on the way. Undefined where the two tables' columns differ, or where the
   * side does not have the table.
   */
  readonly checksums: Partial<Readonly<Record<SideName, string>>>;
}

export interface ComparedDatabases {
  readonly schema: readonly SchemaDifference[];
  /** All tables of both sides, changed or not, by name. */
  readonly tables: readonly ComparedTable[];
}

/**
 * Compares two databases row by row, one of them usually a replica whose gate is closed, the other a consistent
 * snapshot (`inSnapshot`) of dev. Both servers are asked at the same time and nothing is written. Memory is bounded
 * whatever the size of the tables.
 * @param before, after connections of their own: after an error or an abort a statement may still run on them, so
 *   close them
 * @throws code `deadline`, `schema-changing` (a table was altered meanwhile), `content-changing` (a row vanished:
 *   there was no snapshot), `content-unreadable`, and what a connection throws; the signal's reason when aborted
 */
export function compareDatabases(
  before: SqlConnection,
  after: SqlConnection,
  options: CompareOptions,
): Promise<ComparedDatabases> {
  const { report, schemas, signal, deadlineMs = 600_000 } = options;
  const asking = { signal, until: performance.now() + deadlineMs };
  const sides = {
    before: new Side('before', before, schemas.before, asking),
    after: new Side('after', after, schemas.after, asking),
  };
  return reportTask(report, 'compare-content', 'Compare content', () => compare(sides, options));
}

type Sides = Readonly<Record<SideName, Side>>;

async function compare(sides: Sides, options: CompareOptions): Promise<ComparedDatabases> {
  const [before, after] = await Promise.all([prepare(sides.before, options), prepare(sides.after, options)]);
  const schema = schemaDifferences(before, after);
  const onRows = progressOf(options.report, 'compare-content', [...before.values(), ...after.values()]);
  const tables: ComparedTable[] = [];
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [was, is] = [before.get(name), after.get(name)];
    if (was && is) {
      const sameColumns = !schema.some(({ table, what }) => table === name && what === 'column');
      tables.push(await compareTable(sides, was, is, sameColumns, onRows, options));
    } else if (was) tables.push(await onOneSide(sides.before, was, 'removed'));
    else if (is) tables.push(await onOneSide(sides.after, is, 'added'));
  }
  return { schema, tables };
}

async function prepare(side: Side, { tables }: CompareOptions): Promise<ReadonlyMap<string, TableShape>> {
  await prepareSide(side);
  const shapes = await readShapes(side);
  return tables ? new Map([...shapes].filter(([name]) => tables.includes(name))) : shapes;
}

async function compareTable(
  sides: Sides,
  was: TableShape,
  is: TableShape,
  sameColumns: boolean,
  onRows: (rows: number) => void,
  options: CompareOptions,
): Promise<ComparedTable> {
  const { changesOf = () => 10_000, valueBytes = 4_096, chunkRows = defaultPartRows, onChange = () => {} } = options;
  const findings = new Findings(changesOf(was.name), onChange);
  const pair = pairTables(was, is);
  if (pair.common.before.length === 0) return noCommonColumns(sides, was, is);
  const key = commonKey(was, is);
  const work = { sides, pair, findings, valueBytes, onRows };
  if (key) await compareKeyed({ ...work, key, size: new PartSize(chunkRows, [was, is]) });
  else await compareUnkeyed(work);
  const { before, after } = findings.totals;
  return {
    name: was.name,
    method: key ? 'by-key' : 'by-content',
    rows: { before: before.rows, after: after.rows },
    ...findings.counts,
    told: findings.told,
    checksums: sameColumns ? { before: fingerprintText(before), after: fingerprintText(after) } : {},
  };
}

async function onOneSide(side: Side, shape: TableShape, method: 'added' | 'removed'): Promise<ComparedTable> {
  const found = await fingerprintTable(side, shape, defaultPartRows);
  return {
    name: shape.name,
    method,
    rows: { before: 0, after: 0, [side.name]: found.rows },
    inserted: method === 'added' ? found.rows : 0,
    updated: 0,
    deleted: method === 'removed' ? found.rows : 0,
    told: 0,
    checksums: { [side.name]: fingerprintText(found) },
  };
}

async function noCommonColumns(sides: Sides, was: TableShape, is: TableShape): Promise<ComparedTable> {
  const [gone, come] = await Promise.all([
    onOneSide(sides.before, was, 'removed'),
    onOneSide(sides.after, is, 'added'),
  ]);
  return {
    ...gone,
    method: 'no-columns',
    rows: { before: gone.rows.before, after: come.rows.after },
    inserted: come.inserted,
    checksums: {},
  };
}
