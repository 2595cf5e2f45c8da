import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checksumTables } from '../../../src/content/checksum-tables.js';
import type { RowChange } from '../../../src/content/rows.js';
import { inSnapshot } from '../../../src/content/snapshot.js';
import type { SqlConnection, SqlValue } from '../../../src/platform/databases.js';
import { startTwo, type TwoServers } from './two-servers.js';

const signal = new AbortController().signal;
const keysOf = (changes: readonly RowChange[], kind: RowChange['kind']) =>
  changes.filter((change) => change.kind === kind).map(({ key }) => Object.values(key ?? {}));

describe('two databases', () => {
  let it: TwoServers;
  beforeAll(async () => {
    it = await startTwo(2);
  });
  beforeEach(() => it.clear());
  afterAll(() => it.remove());

  const insert = (side: 'before' | 'after' | 'both', ...rows: readonly string[]) =>
    it.run(side, `INSERT INTO t VALUES ${rows.map((row) => `(${row})`).join(', ')}`);

  describe('with a key', () => {
    test('only chunks that differ are read, and rows at the end move no chunk', async () => {
      await it.run('both', 'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)');
      await it.run('both', 'INSERT INTO t SELECT seq, seq FROM seq_1_to_5000');
      await it.run('after', 'UPDATE t SET v = 0 WHERE id = 1234', 'DELETE FROM t WHERE id = 77');
      await it.run('after', 'INSERT INTO t SELECT seq, seq FROM seq_5001_to_5003');
      const read: string[] = [];
      const { after } = it;
      const watched: SqlConnection = {
        query: <Row extends object>(sql: string, values?: readonly SqlValue[], deadlineMs?: number) => {
          if (/ AS h FROM `site`\.`t` .*WHERE/.test(sql) && !sql.includes('COUNT(*)')) read.push(sql);
          return after.query<Row>(sql, values, deadlineMs);
        },
        end: () => after.end(),
      };
      const { changes, tables } = await it.compare({ chunkRows: 500, after: watched });
      expect(keysOf(changes, 'updated')).toEqual([[1234]]);
      expect(keysOf(changes, 'deleted')).toEqual([[77]]);
      expect(keysOf(changes, 'inserted')).toEqual([[5001], [5002], [5003]]);
      expect(tables).toMatchObject([{ rows: { before: 5000, after: 5002 }, inserted: 3, updated: 1, deleted: 1 }]);
      expect(read).toHaveLength(3);
    });

    test('far more rows on one side, anywhere, are read in parts', async () => {
      await it.run('both', 'CREATE TABLE t (id INT PRIMARY KEY, v INT)');
      await it.run('both', 'INSERT INTO t VALUES (1, 1), (10000, 1), (10001, 1)');
      await it.run('after', 'INSERT INTO t SELECT seq, seq FROM seq_2_to_3000', 'DELETE FROM t WHERE id = 10000');
      await it.run('before', 'INSERT INTO t SELECT seq, seq FROM seq_20001_to_23000');
      const { changes, tables } = await it.compare({ chunkRows: 100 });
      expect(tables).toMatchObject([{ inserted: 2999, updated: 0, deleted: 3001 }]);
      expect(keysOf(changes, 'inserted').flat()).toEqual(Array.from({ length: 2999 }, (_, index) => index + 2));
      expect(new Set(keysOf(changes, 'deleted').flat()).size).toBe(3001);
    });

    test('one side empty', async () => {
      await it.run('both', 'CREATE TABLE t (id INT PRIMARY KEY)');
      await it.run('after', 'INSERT INTO t SELECT seq FROM seq_1_to_300');
      const { changes } = await it.compare({ chunkRows: 100 });
      expect(keysOf(changes, 'inserted')).toHaveLength(300);
    });

    test('more changes than are told one by one are counted', async () => {
      await it.run('both', 'CREATE TABLE t (id INT PRIMARY KEY, v INT)');
      await it.run('both', 'INSERT INTO t SELECT seq, 1 FROM seq_1_to_1000');
      await it.run('after', 'UPDATE t SET v = 2 WHERE id > 5', 'INSERT INTO t SELECT seq, 1 FROM seq_2000_to_5000');
      const { changes, tables } = await it.compare({ changesOf: () => 20, chunkRows: 100 });
      expect(changes).toHaveLength(20);
      expect(tables).toMatchObject([{ inserted: 3001, updated: 995, deleted: 0, told: 20 }]);
    });

    test.each<[string, string, string[], string[]]>([
      [
        'numbers at their limits',
        'k BIGINT',
        ['-9223372036854775808', '-1', '0', '9007199254740993', '9223372036854775807'],
        ['-9223372036854775807'],
      ],
      [
        'unsigned numbers',
        'k BIGINT UNSIGNED',
        ['0', '18446744073709551614', '9007199254740993'],
        ['18446744073709551615'],
      ],
      [
        'decimals that a double cannot tell apart',
        'k DECIMAL(30,5)',
        ['-1.00001', '12345678901234567890.00001', '12345678901234567890.00003'],
        ['12345678901234567890.00002'],
      ],
      [
        'strings, whatever their case and accents',
        'k VARCHAR(50)',
        ["''", "'a'", "'B'", "'c'", "'é%_'", "'Z\\\\ \\'x'", "'🎭'", "'ﬀ'"],
        ["'🎭🎪'", "'b2'"],
      ],
      [
        'strings by their bytes',
        'k VARCHAR(50) COLLATE utf8mb4_bin',
        ["'a'", "'A'", "'é'", "'e'", "'🎭'"],
        ["'B'", "'🎪'"],
      ],
      [
        'strings of latin1',
        'k VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_german2_ci',
        ["'a'", "'ä'", "'z'", "'ß'"],
        ["'öz'"],
      ],
      ['fixed strings', 'k CHAR(5) COLLATE utf8mb4_nopad_bin', ["'a'", "'b'", "'  c'"], ["'d'"]],
      ['binary strings', 'k VARBINARY(20)', ["X''", "X'00'", "X'0000'", "X'FF27'", "'a '", "'a'"], ["X'5C'"]],
      ['fixed binary strings', 'k BINARY(2)', ["X'0000'", "X'FF27'", "X'6100'"], ["X'6200'"]],
      [
        'dates',
        'k DATETIME(3)',
        ["'0000-00-00 00:00:00'", "'1000-01-01 00:00:00.001'", "'2026-10-25 02:30:00'"],
        ["'2026-10-25 02:30:00.001'"],
      ],
      ['times', 'k TIME', ["'-838:59:59'", "'-00:00:01'", "'00:00:00'", "'838:59:59'"], ["'100:00:00'"]],
      [
        'time stamps',
        'k TIMESTAMP',
        ["'1970-01-01 00:00:01'", "'2026-10-25 00:30:00'", "'2038-01-19 03:14:07'"],
        ["'2026-10-25 01:30:00'"],
      ],
      [
        'uuids',
        'k UUID',
        [
          "'00000000-0000-1000-8000-0000000000ff'",
          "'ffffffff-0000-1000-8000-000000000000'",
          "'00000001-0000-2000-8000-000000000000'",
        ],
        ["'aaaaaaaa-0000-1000-8000-000000000000'"],
      ],
      ['addresses', 'k INET6', ["'::1'", "'ff::'", "'::ffff:1.2.3.4'"], ["'1::'"]],
    ])('%s as keys', async (_, column, shared, added) => {
      await it.run('both', `CREATE TABLE t (${column}, v INT, PRIMARY KEY (k))`);
      await insert('both', ...shared.map((value) => `${value}, 1`));
      await insert('after', ...added.map((value) => `${value}, 1`));
      // Another order of inserting, and one row that changed.
      await it.run('after', `UPDATE t SET v = 2 WHERE k = ${shared[1]}`);
      await it.run('before', `DELETE FROM t WHERE k = ${shared[0]}`);
      for (const chunkRows of [1, 2, 100]) {
        const { changes, tables } = await it.compare({ chunkRows });
        expect(tables).toMatchObject([{ method: 'by-key', inserted: added.length + 1, updated: 1, deleted: 0 }]);
        expect(changes).toHaveLength(added.length + 2);
      }
    });

    test('keys of several columns', async () => {
      await it.run('both', 'CREATE TABLE t (a INT, b VARCHAR(20), c VARBINARY(4), v INT, PRIMARY KEY (a, b, c))');
      const rows = [1, 2, 3].flatMap((a) =>
        ['', 'x', 'Y', 'z'].flatMap((b) => ['00', 'FF'].map((c) => `${a}, '${b}', X'${c}', 0`)),
      );
      await insert('both', ...rows);
      await insert('after', "2, 'x', X'7F', 0", "0, '', X'', 0");
      await it.run(
        'after',
        "UPDATE t SET v = 1 WHERE a = 3 AND b = 'Y' AND c = X'00'",
        "DELETE FROM t WHERE a = 1 AND b = 'z'",
      );
      for (const chunkRows of [1, 3, 7, 100]) {
        const { changes } = await it.compare({ chunkRows });
        expect(keysOf(changes, 'updated')).toEqual([[3, 'Y', Buffer.of(0)]]);
        expect(keysOf(changes, 'deleted')).toEqual([
          [1, 'z', Buffer.of(0)],
          [1, 'z', Buffer.of(255)],
        ]);
        expect(keysOf(changes, 'inserted')).toEqual([
          [0, '', Buffer.of()],
          [2, 'x', Buffer.of(127)],
        ]);
      }
    });

    test('a key that changed its case only goes and comes', async () => {
      await it.run('both', 'CREATE TABLE t (k VARCHAR(20) PRIMARY KEY)');
      await insert('before', "'abc'", "'other'", "'pad'");
      await insert('after', "'ABC'", "'other'", "'pad '");
      const { changes } = await it.compare({ chunkRows: 1 });
      expect(changes).toEqual([
        { table: 't', key: { k: 'abc' }, kind: 'deleted', before: { k: 'abc' } },
        { table: 't', key: { k: 'ABC' }, kind: 'inserted', after: { k: 'ABC' } },
        { table: 't', key: { k: 'pad' }, kind: 'deleted', before: { k: 'pad' } },
        { table: 't', key: { k: 'pad ' }, kind: 'inserted', after: { k: 'pad ' } },
      ]);
    });

    test('a unique index without NULLs stands in for a primary key', async () => {
      await it.run(
        'both',
        'CREATE TABLE t (maybe INT, name VARCHAR(20) NOT NULL, v INT, UNIQUE (maybe), UNIQUE by_name (name))',
      );
      await insert('both', "NULL, 'a', 1", "NULL, 'b', 1");
      await it.run('after', "UPDATE t SET v = 2 WHERE name = 'b'");
      const { changes } = await it.compare();
      expect(changes).toMatchObject([{ kind: 'updated', key: { name: 'b' }, changedColumns: ['v'] }]);
    });
  });

  describe('without a usable key', () => {
    test.each([
      ['no key', 'v VARCHAR(20), n INT'],
      ['a unique index with NULLs', 'v VARCHAR(20) NULL UNIQUE, n INT'],
      ['the beginning of a text', 'v TEXT NOT NULL, n INT, PRIMARY KEY (v(10))'],
      ['a number of a list', "v ENUM('a', 'b', 'c', 'd') PRIMARY KEY, n INT"],
    ])('%s: rows are told by content', async (_, columns) => {
      await it.run('both', `CREATE TABLE t (${columns})`);
      await insert('before', "'a', 1", "'b', 1", "'c', 1");
      await insert('after', "'d', 1", "'b', 2", "'a', 1");
      const { changes, tables } = await it.compare();
      expect(tables).toMatchObject([{ method: 'by-content', inserted: 2, updated: 0, deleted: 2 }]);
      expect(changes).toHaveLength(4);
      expect(changes).toContainEqual({
        table: 't',
        key: undefined,
        kind: 'deleted',
        copies: 1,
        before: { v: 'c', n: 1 },
      });
      expect(changes).toContainEqual({
        table: 't',
        key: undefined,
        kind: 'inserted',
        copies: 1,
        after: { v: 'b', n: 2 },
      });
    });

    test('equal rows count, and pairs of them do not cancel out', async () => {
      await it.run('both', 'CREATE TABLE t (v VARCHAR(20))');
      await insert('before', "'a'", "'a'", "'c'", "'c'", "'c'", 'NULL');
      await insert('after', "'b'", "'b'", 'NULL', 'NULL', "'c'", "'c'");
      const { changes, tables } = await it.compare();
      expect(tables).toMatchObject([{ rows: { before: 6, after: 6 }, inserted: 3, deleted: 3 }]);
      expect(changes.map((change) => [change.kind, change.key === undefined && change.copies])).toEqual(
        expect.arrayContaining([
          ['deleted', 2],
          ['deleted', 1],
          ['inserted', 2],
          ['inserted', 1],
        ]),
      );
    });

    test('a pair of equal rows that became a pair of others is a difference', async () => {
      await it.run('both', 'CREATE TABLE t (v VARCHAR(20))');
      await insert('before', "'a'", "'a'", "'c'");
      await insert('after', "'b'", "'b'", "'c'");
      expect((await it.compare()).tables).toMatchObject([{ inserted: 2, deleted: 2 }]);
    });

    test('many rows, of which few differ', async () => {
      await it.run('both', 'CREATE TABLE t (v INT, w INT)');
      await it.run(
        'both',
        'INSERT INTO t SELECT seq, 1 FROM seq_1_to_20000',
        'INSERT INTO t SELECT 0, 0 FROM seq_1_to_3000',
      );
      await it.run('after', 'UPDATE t SET w = 2 WHERE v = 77 OR v = 7777', 'DELETE FROM t WHERE v = 0 LIMIT 5');
      const { changes, tables } = await it.compare();
      expect(tables).toMatchObject([{ inserted: 2, deleted: 7 }]);
      expect(changes).toContainEqual({
        table: 't',
        key: undefined,
        kind: 'deleted',
        copies: 5,
        before: { v: 0, w: 0 },
      });
      expect(changes).toHaveLength(5);
    });
  });

  describe('of another shape', () => {
    test('tables, columns and indexes that came, went or changed are told', async () => {
      await it.run('before', 'CREATE TABLE gone (id INT PRIMARY KEY)', 'INSERT INTO gone VALUES (1), (2)');
      await it.run('after', 'CREATE TABLE new (id INT PRIMARY KEY)', 'INSERT INTO new VALUES (1), (2), (3)');
      await it.run('before', 'CREATE TABLE t (id INT PRIMARY KEY, old INT, v VARCHAR(10), KEY by_v (v))');
      await it.run(
        'after',
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) NOT NULL DEFAULT '', fresh INT DEFAULT 7, KEY by_v (v, fresh))",
      );
      await it.run('before', "INSERT INTO t VALUES (1, 5, 'a'), (2, 5, 'b')");
      await it.run('after', "INSERT INTO t (id, v) VALUES (1, 'a'), (2, 'c')");
      const { changes, schema, tables } = await it.compare();
      expect(schema).toEqual([
        { table: 'gone', what: 'table', kind: 'removed' },
        { table: 'new', what: 'table', kind: 'added' },
        { table: 't', what: 'column', kind: 'removed', name: 'old', before: 'int(11) null' },
        {
          table: 't',
          what: 'column',
          kind: 'changed',
          name: 'v',
          before: 'varchar(10) collate utf8mb4_unicode_ci null',
          after: "varchar(20) collate utf8mb4_unicode_ci not null default ''",
        },
        { table: 't', what: 'column', kind: 'added', name: 'fresh', after: 'int(11) null default 7' },
        { table: 't', what: 'index', kind: 'changed', name: 'by_v', before: 'btree (v)', after: 'btree (v, fresh)' },
      ]);
      expect(tables).toMatchObject([
        { name: 'gone', method: 'removed', rows: { before: 2, after: 0 }, inserted: 0, deleted: 2 },
        { name: 'new', method: 'added', rows: { before: 0, after: 3 }, inserted: 3, deleted: 0 },
        { name: 't', method: 'by-key', updated: 1, checksums: {} },
      ]);
      expect(changes).toEqual([
        {
          table: 't',
          key: { id: 2 },
          kind: 'updated',
          before: { id: 2, old: 5, v: 'b' },
          after: { id: 2, v: 'c', fresh: 7 },
          changedColumns: ['v'],
        },
      ]);
    });

    test('a wider type and another character set alone change no row', async () => {
      await it.run(
        'before',
        'CREATE TABLE t (id INT PRIMARY KEY, n INT(5) ZEROFILL, v VARCHAR(600) CHARACTER SET latin1, w CHAR(3))',
      );
      await it.run('after', 'CREATE TABLE t (id INT PRIMARY KEY, n BIGINT, v LONGTEXT, w TEXT)');
      await insert('both', "1, 5, CONCAT('é', REPEAT('ü', 590)), 'x'", '2, NULL, NULL, NULL');
      await it.run('after', 'UPDATE t SET n = 6 WHERE id = 2');
      const { changes } = await it.compare({ valueBytes: 100 });
      expect(changes).toMatchObject([{ key: { id: 2 }, changedColumns: ['n'] }]);
    });

    test('a key that is declared otherwise is not used to pair rows', async () => {
      await it.run('before', 'CREATE TABLE t (k VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY, v INT)');
      await it.run('after', 'CREATE TABLE t (k VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY, v INT)');
      await insert('both', "'b', 1", "'A', 1", "'c', 1");
      expect((await it.compare({ chunkRows: 1 })).changes).toEqual([]);
      await it.run('after', "UPDATE t SET v = 2 WHERE k = 'A'");
      expect((await it.compare({ chunkRows: 1 })).tables).toMatchObject([
        { method: 'by-content', inserted: 1, deleted: 1 },
      ]);
    });

    test('two tables that share no column', async () => {
      await it.run('before', 'CREATE TABLE t (a INT)', 'INSERT INTO t VALUES (1), (2)');
      await it.run('after', 'CREATE TABLE t (b INT)', 'INSERT INTO t VALUES (1)');
      expect((await it.compare()).tables).toMatchObject([{ method: 'no-columns', inserted: 1, deleted: 2 }]);
    });
  });

  test('a table that is altered after the snapshot was taken is refused with its own code', async () => {
    await it.run('both', 'CREATE TABLE t (id INT PRIMARY KEY)');
    const other = await it.connect('after');
    await expect(
      inSnapshot(it.after, async () => {
        await other.query('ALTER TABLE t ADD COLUMN v INT, ALGORITHM=COPY');
        return it.compare();
      }),
    ).rejects.toMatchObject({ code: 'schema-changing' });
    await it.after.query('ROLLBACK');
    await other.end();
  });

  test('what is written while a snapshot is compared is not seen', async () => {
    await it.run('both', 'CREATE TABLE t (id INT PRIMARY KEY)', 'INSERT INTO t VALUES (1)');
    const other = await it.connect('after');
    const seen = await inSnapshot(it.after, async () => {
      await other.query('INSERT INTO t VALUES (2)');
      return it.compare();
    });
    expect(seen.changes).toEqual([]);
    expect(keysOf((await it.compare()).changes, 'inserted')).toEqual([[2]]);
    await other.end();
  });

  test('checksums agree exactly where the rows do, and a comparison finds them on the way', async () => {
    await it.run('both', 'CREATE TABLE t (id INT PRIMARY KEY, v INT, g INT AS (v + 1))', 'CREATE TABLE u (v INT)');
    await it.run('both', 'INSERT INTO t (id, v) SELECT seq, seq FROM seq_1_to_10000', 'INSERT INTO u VALUES (1), (1)');
    const of = async (side: 'before' | 'after') => checksumTables(it[side], 'site', { signal });
    expect(await of('before')).toEqual(await of('after'));
    await it.run('after', 'UPDATE t SET v = 0 WHERE id = 9999', 'UPDATE u SET v = 2');
    const [before, after, compared] = [await of('before'), await of('after'), await it.compare({ chunkRows: 700 })];
    expect(after.map(({ name, rows }) => [name, rows])).toEqual([
      ['t', 10_000],
      ['u', 2],
    ]);
    for (const [index, { checksum }] of after.entries()) expect(checksum).not.toBe(before[index]?.checksum);
    expect(compared.tables.map(({ checksums }) => checksums.before)).toEqual(before.map(({ checksum }) => checksum));
    expect(compared.tables.map(({ checksums }) => checksums.after)).toEqual(after.map(({ checksum }) => checksum));
    expect(await checksumTables(it.after, 'site', { signal, tables: ['u'] })).toHaveLength(1);
  });

  test('an abort ends the comparison at once, and a deadline with its code', async () => {
    await it.run('both', 'CREATE TABLE t (id INT PRIMARY KEY, v INT)', 'INSERT INTO t VALUES (1, 1)');
    const hanging = { query: () => new Promise<never>(() => {}), end: async () => {} };
    const abort = new AbortController();
    const running = it.compare({ signal: abort.signal, after: hanging });
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(it.compare({ signal: abort.signal })).rejects.toThrow('enough');
    await expect(it.compare({ deadlineMs: 0 })).rejects.toMatchObject({ code: 'deadline' });
    const own = await it.connect('after');
    await it.run('after', 'LOCK TABLES t WRITE');
    await expect(it.compare({ after: own, deadlineMs: 300 })).rejects.toMatchObject({ code: 'deadline' });
    await it.run('after', 'UNLOCK TABLES');
    await own.end();
  });
});
