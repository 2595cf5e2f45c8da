import { UnderstudyError } from '../output/errors.js';
import { cellFields, keyFields, type ResultRow, readCell, readRow, rowBytes } from './columns.js';
import { fingerprintOf, rowHash, sameFingerprint } from './fingerprint.js';
import { everything, type KeyLiterals, type KeyRange, literalsOf, type TableKey, whereKeyIn } from './keys.js';
import type { PartSize } from './part-size.js';
import { endOfPart, rangeOf, readKey } from './parts.js';
import { type Row, type SideName, sameCell } from './rows.js';
import { both, type TablePair, type TableWork } from './table-pair.js';

/** One statement's answer of whole rows stays below this. */
const answerBytes = 4 * 1024 * 1024;

interface Keyed extends TableWork {
  readonly key: TableKey;
  readonly size: PartSize;
}

/**
 * Compares two tables range by range of their key: the ranges hold so many rows of one side, and the same ranges are
 * asked of the other. Rows that were inserted anywhere make one range longer and move none. Ranges with the same
 * fingerprint are done; of the others keys and row hashes are read, and of rows that differ their values.
 */
export async function compareKeyed(work: Keyed): Promise<void> {
  await compareRange(work, everything, 'before', true);
}

/** @param whole whether the ranges make up the whole table, and not again a part of it */
async function compareRange(work: Keyed, range: KeyRange, by: SideName, whole: boolean): Promise<void> {
  const { findings, size } = work;
  for (let { after } = range; ; ) {
    const end = await endOfPart(work.sides[by], work.pair.name, work.key, { after, upTo: range.upTo }, size.rows);
    const part: KeyRange = { after, upTo: end ?? range.upTo };
    const asked = performance.now();
    const found = await both((side) => fingerprintOf(work.sides[side], from(work, side, part), work.pair.common[side]));
    size.took(performance.now() - asked);
    if (whole) {
      findings.saw(found.before, found.after);
      work.onRows(found.before.rows + found.after.rows);
    }
    if (!sameFingerprint(found.before, found.after)) await compareDifferent(work, part, rowsOf(found));
    if (end === undefined) return;
    after = end;
  }
}

const rowsOf = (found: Readonly<Record<SideName, { readonly rows: number }>>) => ({
  before: found.before.rows,
  after: found.after.rows,
});

async function compareDifferent(work: Keyed, part: KeyRange, rows: Readonly<Record<SideName, number>>): Promise<void> {
  const { findings, size } = work;
  if (findings.room <= 0 && (rows.before === 0 || rows.after === 0)) {
    // All that is left to tell is how many, and that is known.
    findings.count({ inserted: rows.after, deleted: rows.before });
    return;
  }
  // The other side has far more rows here: its own keys cut the range, into parts that fit into memory.
  const more = rows.before > rows.after ? 'before' : 'after';
  if (rows[more] > 2 * size.most) await compareRange(work, part, more, false);
  else await compareRows(work, part);
}

const from = ({ sides, pair, key }: Keyed, side: SideName, range: KeyRange) =>
  rangeOf(sides[side], pair.name, key, range);

interface KeyAndHash {
  readonly key: KeyLiterals;
  readonly hash: string;
}

async function compareRows(work: Keyed, part: KeyRange): Promise<void> {
  const found = await both((side) => keysAndHashes(work, side, part));
  const deleted: KeyLiterals[] = [];
  const updated: KeyLiterals[] = [];
  for (const [id, { key, hash }] of found.before) {
    const now = found.after.get(id);
    if (!now) deleted.push(key);
    else if (now.hash !== hash) updated.push(key);
  }
  const inserted = [...found.after].filter(([id]) => !found.before.has(id)).map(([, { key }]) => key);
  work.findings.count({ inserted: inserted.length, updated: updated.length, deleted: deleted.length });
  await tellDeleted(work, deleted);
  await tellUpdated(work, updated);
  await tellInserted(work, inserted);
}

async function keysAndHashes(work: Keyed, side: SideName, part: KeyRange): Promise<Map<string, KeyAndHash>> {
  const rows = await work.sides[side].ask<ResultRow & { readonly h: string }>(
    `SELECT ${keyFields(work.key.columns)}, ${rowHash(work.pair.common[side])} AS h FROM ${from(work, side, part)}`,
  );
  return new Map(
    rows.map((row) => {
      const key = readKey(work.key, row);
      return [idOf(key), { key, hash: row.h }];
    }),
  );
}

/** By the bytes of the key, not by what the collation takes for the same. */
const idOf = (key: KeyLiterals) => key.join(',');

async function tellDeleted(work: Keyed, keys: readonly KeyLiterals[]): Promise<void> {
  for await (const rows of detailed(work, keys, ['before'])) {
    for (const { before } of rows) {
      if (before) await work.findings.tell({ ...named(work, before), kind: 'deleted', before });
    }
  }
}

async function tellInserted(work: Keyed, keys: readonly KeyLiterals[]): Promise<void> {
  for await (const rows of detailed(work, keys, ['after'])) {
    for (const { after } of rows) {
      if (after) await work.findings.tell({ ...named(work, after), kind: 'inserted', after });
    }
  }
}

async function tellUpdated(work: Keyed, keys: readonly KeyLiterals[]): Promise<void> {
  for await (const rows of detailed(work, keys, ['before', 'after'])) {
    for (const { before, after } of rows) {
      if (!before || !after) continue;
      const changedColumns = changedColumnsOf(work.pair, before, after);
      await work.findings.tell({ ...named(work, after), kind: 'updated', before, after, changedColumns });
    }
  }
}

const changedColumnsOf = ({ common }: TablePair, before: Row, after: Row) =>
  common.before.map(({ name }) => name).filter((name) => !sameCell(before[name] ?? null, after[name] ?? null));

const named = ({ pair, key }: Keyed, row: Row) => ({
  table: pair.name,
  key: Object.fromEntries(key.columns.map(({ name }) => [name, row[name] ?? null])),
});

type RowOfSides = Partial<Readonly<Record<SideName, Row>>>;

/** The rows of so many of the keys as may still be told, a batch at a time, in the keys' order. */
async function* detailed(
  work: Keyed,
  keys: readonly KeyLiterals[],
  sides: readonly SideName[],
): AsyncGenerator<readonly RowOfSides[]> {
  const wanted = keys.slice(0, work.findings.room);
  const bytes = Math.max(...sides.map((side) => rowBytes(work.pair.own[side], work.valueBytes)));
  const batch = Math.min(500, Math.max(1, Math.floor(answerBytes / bytes)));
  for (let start = 0; start < wanted.length; start += batch) {
    const some = wanted.slice(start, start + batch);
    const found = await both(async (side) => (sides.includes(side) ? rowsByKey(work, side, some) : undefined));
    yield some.map((key) => {
      const rows: { before?: Row; after?: Row } = {};
      for (const side of sides) rows[side] = found[side]?.get(idOf(key)) ?? vanished(work.pair.name);
      return rows;
    });
  }
}

async function rowsByKey(work: Keyed, side: SideName, keys: readonly KeyLiterals[]): Promise<Map<string, Row>> {
  const own = work.pair.own[side];
  const fields = own.map((column, index) => cellFields(column, index, work.valueBytes)).join(', ');
  const rows = await work.sides[side].ask<ResultRow>(
    `SELECT ${fields} FROM ${work.sides[side].qualified(work.pair.name)} ${whereKeyIn(work.key, keys)}`,
  );
  const places = work.key.columns.map(({ name }) => own.findIndex((column) => column.name === name));
  return new Map(
    rows.map((row) => [
      idOf(
        literalsOf(
          work.key,
          places.map((place) => readCell(row, place)),
        ),
      ),
      readRow(own, row),
    ]),
  );
}

function vanished(table: string): never {
  throw new UnderstudyError({
    code: 'content-changing',
    message: `A row of ${table} went away while it was compared.`,
    remedy: 'Compare inside a transaction with a consistent snapshot, and tables of InnoDB only.',
  });
}
