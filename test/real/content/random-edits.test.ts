import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Cell, Row, RowChange } from '../../../src/content/rows.js';
import type { SqlConnection, SqlValue } from '../../../src/platform/databases.js';
import { startTwo, type TwoServers } from './two-servers.js';

const seed = Number(process.env.UNDERSTUDY_SEED ?? Date.now() % 1_000_000);
const cases = Number(process.env.UNDERSTUDY_CASES ?? 14);

type Random = () => number;

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
function randomOf(start: number): Random {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const digit = (random: Random) => Math.floor(random() * 10);
const letters = ['a', 'A', 'ä', 'b', ' ', "'", '\\\\', '|', '~', ':', '🎭', '\u200d', '%', '\u0000', 'ß', 'ss'];
const text = (random: Random, most: number) =>
  Array.from({ length: Math.floor(random() * most) }, () => pick(random, letters)).join('');
const hex = (value: string) => `_utf8mb4 X'${Buffer.from(value).toString('hex')}'`;
const bytes = (random: Random) => `X'${Buffer.from(text(random, 6)).toString('hex')}'`;
const time = (random: Random) => `'2026-10-25 0${digit(random)}:0${digit(random)}:00.00${digit(random)}'`;

interface ColumnOf {
  readonly type: string;
  readonly literal: (random: Random) => string;
}
const columns: readonly ColumnOf[] = [
  { type: 'INT', literal: (r) => String(digit(r) - 5) },
  { type: 'BIGINT UNSIGNED', literal: (r) => `1844674407370955160${digit(r)}` },
  { type: 'DECIMAL(25,5)', literal: (r) => `1234567890123456789.0000${digit(r)}` },
  { type: 'VARCHAR(30)', literal: (r) => hex(text(r, 8)) },
  { type: 'VARCHAR(30) COLLATE utf8mb4_bin', literal: (r) => hex(text(r, 4)) },
  { type: 'VARBINARY(60)', literal: bytes },
  { type: 'DATETIME(3)', literal: time },
];
const contents: readonly ColumnOf[] = [
  ...columns,
  { type: 'FLOAT', literal: (r) => String((r() - 0.5) * 10 ** (digit(r) * 3)) },
  { type: 'DOUBLE', literal: (r) => `${(r() - 0.5) * 10 ** (digit(r) * 20)}${''}` },
  { type: 'LONGTEXT', literal: (r) => `REPEAT(${hex(text(r, 5))}, ${pick(r, [1, 200, 400])})` },
  { type: 'LONGBLOB', literal: (r) => `REPEAT(${bytes(r)}, ${pick(r, [1, 300])})` },
  { type: 'BIT(40)', literal: (r) => String(Math.floor(r() * 2 ** 40)) },
  { type: "ENUM('a', 'b', '')", literal: (r) => pick(r, ["'a'", "'b'", "''"]) },
  { type: 'JSON', literal: (r) => pick(r, [`'{"a": 1}'`, `'[1,2]'`, `'null'`]) },
  { type: 'TIMESTAMP(3) NULL DEFAULT NULL', literal: time },
  { type: 'VARCHAR(30) CHARACTER SET latin1', literal: (r) => pick(r, ["'é'", "'e'", "'E'", "''"]) },
];

interface TableOf {
  readonly keys: readonly ColumnOf[];
  readonly values: readonly ColumnOf[];
  readonly keyed: boolean;
}

function randomTable(random: Random): TableOf {
  const keys = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, columns));
  // Text without a collation that takes different texts for the same, since rows are found by content there.
  const values = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick(random, contents));
  return { keys, values, keyed: random() < 0.8 };
}

const all = ({ keys, values }: TableOf) => [...keys, ...values];

function definition(table: TableOf): string {
  const lines = all(table).map(({ type }, index) => `c${index} ${type}${index < table.keys.length ? ' NOT NULL' : ''}`);
  const key = table.keyed ? `, PRIMARY KEY (${table.keys.map((_, index) => `c${index}`).join(', ')})` : '';
  return `CREATE TABLE t (${lines.join(', ')}${key})`;
}

const rowOf = (random: Random, table: TableOf) =>
  `(${all(table)
    .map(({ literal }, index) => (index >= table.keys.length && random() < 0.2 ? 'NULL' : literal(random)))
    .join(', ')})`;

const insertOf = (random: Random, table: TableOf, rows: number) =>
  `INSERT IGNORE INTO t VALUES ${Array.from({ length: rows }, () => rowOf(random, table)).join(', ')}`;

function editOf(random: Random, table: TableOf): string {
  const some = `ORDER BY RAND(${Math.floor(random() * 1000)}) LIMIT ${1 + digit(random)}`;
  const kind = random();
  if (kind < 0.25) return `DELETE FROM t ${some}`;
  if (kind < 0.5) return insertOf(random, table, 1 + digit(random));
  const index = Math.floor(random() * all(table).length);
  return `UPDATE IGNORE t SET c${index} = ${all(table)[index]?.literal(random)} ${some}`;
}

const toSql = (cell: Cell | undefined): SqlValue => {
  if (cell === undefined || (typeof cell === 'object' && cell !== null && 'md5' in cell)) throw new Error('not whole');
  return cell;
};

/** Does to a table what the changes say, with nothing but the changes. */
async function apply(connection: SqlConnection, changes: readonly RowChange[], table: TableOf): Promise<void> {
  const same = (row: Row) =>
    Object.keys(row)
      .map((name) => {
        // A FLOAT is compared as what it holds, all else by its bytes.
        const type = all(table)[Number(name.slice(1))]?.type ?? '';
        if (/FLOAT|DOUBLE|BIT/.test(type)) return `${name} * 1e0 <=> ?`;
        return /latin1/.test(type)
          ? `CONVERT(${name} USING utf8mb4) COLLATE utf8mb4_bin <=> ?`
          : `BINARY ${name} <=> BINARY ?`;
      })
      .join(' AND ');
  const assign = (names: readonly string[]) => names.map((name) => `${name} = ?`).join(', ');
  const cells = (row: Row, names: readonly string[] = Object.keys(row)) => names.map((name) => toSql(row[name]));
  for (const change of changes) {
    const copies = change.key === undefined ? change.copies : 1;
    if (change.kind === 'deleted') {
      const by = change.key ?? change.before;
      await connection.query(`DELETE FROM t WHERE ${same(by)} LIMIT ${copies}`, cells(by));
    }
  }
  for (const change of changes) {
    if (change.kind !== 'updated') continue;
    expect(change.changedColumns.length).toBeGreaterThan(0);
    await connection.query(`UPDATE t SET ${assign(change.changedColumns)} WHERE ${same(change.key)}`, [
      ...cells(change.after, change.changedColumns),
      ...cells(change.key),
    ]);
  }
  for (const change of changes) {
    if (change.kind !== 'inserted') continue;
    const copies = change.key === undefined ? change.copies : 1;
    for (let copy = 0; copy < copies; copy++) {
      await connection.query(`INSERT INTO t SET ${assign(Object.keys(change.after))}`, cells(change.after));
    }
  }
}

/** Everything that a table holds, read without anything of ours. */
async function dump(connection: SqlConnection, table: TableOf): Promise<string[]> {
  const fields = all(table).map(({ type }, index) =>
    /FLOAT|DOUBLE/.test(type) ? `IFNULL(c${index} * 1e0, 'NULL')` : `IFNULL(HEX(c${index}), 'NULL')`,
  );
  const rows = await connection.query<{ row: string }>(`SELECT CONCAT_WS(' ', ${fields.join(', ')}) AS row FROM t`);
  return rows.map(({ row }) => row).sort();
}

describe(`random edits (UNDERSTUDY_SEED=${seed})`, () => {
  let it: TwoServers;
  beforeAll(async () => {
    it = await startTwo(3);
    await it.run('both', "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'");
  });
  beforeEach(() => it.clear());
  afterAll(() => it.remove());

  test.each(Array.from({ length: cases }, (_, index) => seed + index))(
    'the difference applied to the one gives exactly the other (seed %i)',
    async (own) => {
      const random = randomOf(own);
      const table = randomTable(random);
      const size = 1 + Math.floor(random() * 60);
      await it.run('both', definition(table), insertOf(random, table, size));
      for (let edits = Math.floor(random() * 12); edits > 0; edits--) await it.run('after', editOf(random, table));
      const chunkRows = pick(random, [1, 2, 5, 20, 1_000]);
      const found = await it.compare({ chunkRows, valueBytes: 1_000_000 });
      expect(found.tables[0]?.method).toBe(table.keyed ? 'by-key' : 'by-content');
      await apply(it.before, found.changes, table);
      expect(await dump(it.before, table)).toEqual(await dump(it.after, table));
      expect((await it.compare({ chunkRows })).changes).toEqual([]);
    },
  );
});
