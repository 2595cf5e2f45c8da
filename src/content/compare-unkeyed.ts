import { cellFields, type ResultRow, readRow, rowBytes } from './columns.js';
import {
  type Fingerprint,
  type FingerprintRecord,
  fingerprintFields,
  fingerprintOf,
  hashedRows,
  nothing,
  rowHash,
  sameFingerprint,
  toFingerprint,
} from './fingerprint.js';
import type { Row, SideName } from './rows.js';
import { both, type TableWork } from './table-pair.js';

/** Rows of one group by the beginning of their hash, in a table of middle size. */
const rowsOfGroup = 500;
/** Hashes that are held at once, of each side. */
const hashesAtOnce = 50_000;
const answerBytes = 4 * 1024 * 1024;

/**
 * Compares two tables whose rows nothing names, as what they are: two piles of rows, some of them alike. Rows are
 * grouped by the beginning of their hash; only groups that differ are looked into, a bounded number of rows at a time.
 * Every step reads the whole table, since no index helps: such tables are slow, and the preflight says so.
 */
export async function compareUnkeyed(work: TableWork): Promise<void> {
  const { findings, pair, sides } = work;
  const found = await both((side) => fingerprintOf(sides[side], table(work, side), pair.common[side]));
  findings.saw(found.before, found.after);
  work.onRows(found.before.rows + found.after.rows);
  if (sameFingerprint(found.before, found.after)) return;
  const digits = digitsFor(Math.max(found.before.rows, found.after.rows));
  for (const groups of batches(await differentGroups(work, digits))) await compareGroups(work, digits, groups);
}

const table = ({ sides, pair }: TableWork, side: SideName) => sides[side].qualified(pair.name);

/** How much of a hash names its group: at most four digits, 65,536 groups. */
const digitsFor = (rows: number) =>
  Math.min(4, Math.max(1, Math.ceil(Math.log(Math.max(1, rows / rowsOfGroup)) / Math.log(16))));

interface Group {
  readonly start: string;
  /** On the side that has more. */
  readonly rows: number;
}

async function differentGroups(work: TableWork, digits: number): Promise<Group[]> {
  const found = await both((side) => groupsOf(work, side, digits));
  const starts = new Set([...found.before.keys(), ...found.after.keys()]);
  return [...starts].sort().flatMap((start) => {
    const before = found.before.get(start) ?? nothing;
    const after = found.after.get(start) ?? nothing;
    return sameFingerprint(before, after) ? [] : [{ start, rows: Math.max(before.rows, after.rows) }];
  });
}

async function groupsOf(work: TableWork, side: SideName, digits: number): Promise<Map<string, Fingerprint>> {
  const rows = await work.sides[side].ask<FingerprintRecord & { start: string }>(
    `SELECT LEFT(h, ${digits}) AS start, ${fingerprintFields}
       FROM ${hashedRows(table(work, side), work.pair.common[side])} GROUP BY start`,
  );
  return new Map(rows.map((row) => [row.start, toFingerprint(row, table(work, side))]));
}

/** Groups that are looked into at once. */
function batches(groups: readonly Group[]): string[][] {
  const result: string[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const group of groups) {
    if (rows + group.rows > hashesAtOnce) {
      result.push([]);
      rows = 0;
    }
    result.at(-1)?.push(group.start);
    rows += group.rows;
  }
  return result;
}

interface Difference {
  readonly hash: string;
  readonly copies: number;
  /** Rows of this hash on the side where they are read. */
  readonly there: number;
}

async function compareGroups(work: TableWork, digits: number, groups: readonly string[]): Promise<void> {
  const found = await both((side) => hashesOf(work, side, digits, groups));
  const deleted = surplus(found.before, found.after);
  const inserted = surplus(found.after, found.before);
  const sum = (differences: readonly Difference[]) => differences.reduce((total, { copies }) => total + copies, 0);
  work.findings.count({ inserted: sum(inserted), deleted: sum(deleted) });
  await tell(work, 'before', deleted);
  await tell(work, 'after', inserted);
}

async function hashesOf(
  work: TableWork,
  side: SideName,
  digits: number,
  groups: readonly string[],
): Promise<Map<string, number>> {
  const starts = groups.map((start) => `'${start}'`).join(', ');
  const rows = await work.sides[side].ask<{ h: string; n: number }>(
    `SELECT h, COUNT(*) AS n FROM ${hashedRows(table(work, side), work.pair.common[side])}
      WHERE LEFT(h, ${digits}) IN (${starts}) GROUP BY h`,
  );
  return new Map(rows.map(({ h, n }) => [h, n]));
}

/** What one side has more of. */
function surplus(of: ReadonlyMap<string, number>, than: ReadonlyMap<string, number>): Difference[] {
  return [...of]
    .map(([hash, there]) => ({ hash, there, copies: there - (than.get(hash) ?? 0) }))
    .filter(({ copies }) => copies > 0);
}

async function tell(work: TableWork, side: SideName, differences: readonly Difference[]): Promise<void> {
  const most = Math.max(1, Math.floor(answerBytes / rowBytes(work.pair.own[side], work.valueBytes)));
  let left = differences.slice(0, work.findings.room);
  while (left.length > 0) {
    const some = firstOf(left, most);
    left = left.slice(some.length);
    const rows = await rowsByHash(work, side, some);
    for (const { hash, copies } of some) {
      const row = rows.get(hash);
      if (row) await work.findings.tell(changeOf(work.pair.name, side, copies, row));
    }
  }
}

/** So many that not more than `most` rows come, or one with however many copies. */
function firstOf(differences: readonly Difference[], most: number): readonly Difference[] {
  let rows = 0;
  const end = differences.findIndex(({ there }) => {
    rows += there;
    return rows > most;
  });
  return end === -1 ? differences : differences.slice(0, Math.max(1, end));
}

const changeOf = (name: string, side: SideName, copies: number, row: Row) =>
  side === 'before'
    ? ({ table: name, key: undefined, copies, kind: 'deleted', before: row } as const)
    : ({ table: name, key: undefined, copies, kind: 'inserted', after: row } as const);

/** One row of each hash. */
async function rowsByHash(
  work: TableWork,
  side: SideName,
  differences: readonly Difference[],
): Promise<Map<string, Row>> {
  const own = work.pair.own[side];
  const hash = rowHash(work.pair.common[side]);
  const fields = own.map((column, index) => cellFields(column, index, work.valueBytes)).join(', ');
  const rows = await work.sides[side].ask<ResultRow & { readonly h: string }>(
    `SELECT ${hash} AS h, ${fields} FROM ${table(work, side)}
      WHERE ${hash} IN (${differences.map((difference) => `'${difference.hash}'`).join(', ')})
      ${differences.length === 1 ? 'LIMIT 1' : ''}`,
  );
  return new Map(rows.map((row) => [row.h, readRow(own, row)]));
}
