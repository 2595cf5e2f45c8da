import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTwo, type TwoServers } from './two-servers.js';

describe('values of two tables with a primary key', () => {
  let it: TwoServers;
  beforeAll(async () => {
    it = await startTwo(1);
  });
  beforeEach(() => it.clear());
  afterAll(() => it.remove());

  /** One row with the value of `sql` on each side; returns the change of it. */
  const between = async (type: string, before: string, after: string, options = {}) => {
    await it.run('both', 'DROP TABLE IF EXISTS t', `CREATE TABLE t (id INT PRIMARY KEY, v ${type})`);
    await it.run('before', `INSERT INTO t VALUES (1, ${before})`);
    await it.run('after', `INSERT INTO t VALUES (1, ${after})`);
    const { changes, tables } = await it.compare(options);
    expect(tables[0]).toMatchObject({ method: 'by-key', inserted: 0, deleted: 0, updated: changes.length });
    return changes[0];
  };
  const updated = (before: unknown, after: unknown) => ({
    table: 't',
    key: { id: 1 },
    kind: 'updated',
    before: { id: 1, v: before },
    after: { id: 1, v: after },
    changedColumns: ['v'],
  });

  test.each<[string, string, string, unknown, unknown]>([
    ['VARCHAR(20)', 'NULL', "''", null, ''],
    ['VARCHAR(20)', 'NULL', "'NULL'", null, 'NULL'],
    ['VARCHAR(20)', 'NULL', "'~'", null, '~'],
    ['VARCHAR(20)', "'a'", "'a '", 'a', 'a '],
    ['VARCHAR(20)', "'resume'", "'Résumé'", 'resume', 'Résumé'],
    ['VARCHAR(20)', "'🎭'", "'🎪'", '🎭', '🎪'],
    ['VARCHAR(20) CHARACTER SET latin1', "'é'", "'è'", 'é', 'è'],
    ['VARCHAR(20) CHARACTER SET ucs2', "'é'", "'è'", 'é', 'è'],
    ['CHAR(5)', "'a'", "'b'", 'a', 'b'],
    ['TEXT', "REPEAT('x', 513)", "CONCAT(REPEAT('x', 512), 'y')", 'x'.repeat(513), `${'x'.repeat(512)}y`],
    ['BIGINT UNSIGNED', '18446744073709551614', '18446744073709551615', 2n ** 64n - 2n, 2n ** 64n - 1n],
    ['INT(6) UNSIGNED ZEROFILL', '5', '6', 5, 6],
    ['FLOAT', '16777216', '16777215', 16_777_216, 16_777_215],
    ['FLOAT', '1.2345678', '1.2345679', Math.fround(1.2345678), Math.fround(1.2345679)],
    ['FLOAT(7,2)', '3.14', '3.15', Math.fround(3.14), Math.fround(3.15)],
    ['DOUBLE', '0.1e0', '0.1e0 + 1e-17', 0.1, 0.1 + 1.4e-17],
    ['DOUBLE', '1e308', '1.0000000000000002e308', 1e308, 1.0000000000000002e308],
    [
      'DECIMAL(30,10)',
      '12345678901234567890.0000000001',
      '12345678901234567890.0000000002',
      '12345678901234567890.0000000001',
      '12345678901234567890.0000000002',
    ],
    ['BIT(64)', "b'1'", '18446744073709551615', 1, 2n ** 64n - 1n],
    ['BIT(1)', 'NULL', "b'0'", null, 0],
    ["ENUM('', 'a', 'b')", "'a'", "''", 'a', ''],
    ["SET('a', 'b')", "'a'", "'a,b'", 'a', 'a,b'],
    ['JSON', `'{"a": 1}'`, `'{"a":1}'`, '{"a": 1}', '{"a":1}'],
    ['DATE', "'0000-00-00'", "'2026-02-28'", '0000-00-00', '2026-02-28'],
    [
      'DATETIME(6)',
      "'2026-03-29 02:30:00.000001'",
      "'2026-03-29 02:30:00.000002'",
      '2026-03-29 02:30:00.000001',
      '2026-03-29 02:30:00.000002',
    ],
    ['DATETIME', 'NULL', "'0000-00-00 00:00:00'", null, '0000-00-00 00:00:00'],
    ['TIME', "'-838:59:59'", "'838:59:59'", '-838:59:59', '838:59:59'],
    ['YEAR', '0', '1901', 0, 1901],
    ['VARBINARY(20)', "X'00FF'", "X'00FE'", Buffer.from([0, 255]), Buffer.from([0, 254])],
    ['BINARY(3)', "X'01'", "X'02'", Buffer.from([1, 0, 0]), Buffer.from([2, 0, 0])],
    ['BLOB', "X'C328'", 'NULL', Buffer.from([0xc3, 0x28]), null],
    ['UUID', "'00000000-0000-0000-0000-000000000001'", 'NULL', '00000000-0000-0000-0000-000000000001', null],
    ['INET6', "'::1'", "'::2'", '::1', '::2'],
  ])('%s: %s is not %s', async (type, before, after, read, readAfter) => {
    expect(await between(type, before, after)).toEqual(updated(read, readAfter));
    expect(await between(type, after, after)).toBeUndefined();
  });

  test('shapes are compared as the server stores them', async () => {
    const change = await between('POINT', 'POINT(1, 2)', 'POINT(2, 1)');
    expect(change).toMatchObject({ kind: 'updated', after: { v: { length: 25 } } });
    expect(await between('POINT', 'POINT(1, 2)', 'NULL')).toMatchObject({ kind: 'updated', after: { v: null } });
    expect(await between('POINT', 'POINT(1, 2)', 'POINT(1, 2)')).toBeUndefined();
  });

  test('a time stamp is the same in every time zone, also in the hour that comes twice', async () => {
    await it.run('both', 'CREATE TABLE t (id INT PRIMARY KEY, v TIMESTAMP NULL)');
    await it.run('before', "SET time_zone = '+00:00'", "INSERT INTO t VALUES (1, '2026-10-25 00:30:00')");
    await it.run('after', "SET time_zone = '+02:00'", "INSERT INTO t VALUES (1, '2026-10-25 02:30:00')");
    expect((await it.compare()).changes).toEqual([]);
    await it.run('after', "UPDATE t SET v = '2026-10-25 01:30:00'");
    expect((await it.compare()).changes).toEqual([updated('2026-10-25 00:30:00', '2026-10-25 01:30:00')]);
  });

  test('two values that changed places are a change', async () => {
    await it.run('both', 'CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(9), b VARCHAR(9))');
    await it.run('before', "INSERT INTO t VALUES (1, 'x', 'y'), (2, 'x:1', ''), (3, NULL, 'x')");
    await it.run('after', "INSERT INTO t VALUES (1, 'y', 'x'), (2, 'x', ':1'), (3, 'x', NULL)");
    const { changes } = await it.compare();
    expect(changes.map((change) => [change.kind, change.key])).toEqual([1, 2, 3].map((id) => ['updated', { id }]));
  });

  test('the same rows written in another order, and by another engine, are no change of content', async () => {
    await it.run('before', 'CREATE TABLE t (id INT PRIMARY KEY, v TEXT)');
    await it.run('after', 'CREATE TABLE t (id INT PRIMARY KEY, v TEXT) ENGINE=MyISAM');
    await it.run('before', "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    await it.run('after', "INSERT INTO t VALUES (3, 'c'), (1, 'a'), (2, 'b')");
    const { changes, schema } = await it.compare();
    expect(changes).toEqual([]);
    expect(schema).toEqual([{ table: 't', what: 'engine', kind: 'changed', before: 'InnoDB', after: 'MyISAM' }]);
  });

  test('large values are told by length and hash', async () => {
    const value = (letter: string) => `CONCAT(REPEAT('é', 5000), '${letter}')`;
    const change = await between('LONGTEXT', value('a'), value('b'), { valueBytes: 1_000 });
    expect(change).toEqual(
      updated(
        { bytes: 10_001, md5: expect.stringMatching(/^[0-9a-f]{32}$/) },
        { bytes: 10_001, md5: expect.any(String) },
      ),
    );
    expect(await between('LONGTEXT', value('a'), "'short'", { valueBytes: 1_000 })).toMatchObject({
      after: { v: 'short' },
    });
    expect(await between('LONGBLOB', value('a'), 'NULL', { valueBytes: 1_000 })).toMatchObject({ after: { v: null } });
  });

  test('names that need quoting, and one that an object has already', async () => {
    await it.run('both', 'CREATE TABLE `a``b ? "c` (`i?d` INT PRIMARY KEY, `__proto__` INT, `v0` INT, `h` INT)');
    await it.run('before', 'INSERT INTO `a``b ? "c` VALUES (1, 2, 3, 4)');
    await it.run('after', 'INSERT INTO `a``b ? "c` VALUES (1, 9, 3, 4)');
    const { changes } = await it.compare();
    expect(changes).toMatchObject([{ table: 'a`b ? "c', key: { 'i?d': 1 }, changedColumns: ['__proto__'] }]);
  });

  test('generated columns are left out', async () => {
    await it.run(
      'both',
      'CREATE TABLE t (id INT PRIMARY KEY, v INT, twice INT AS (v * 2) STORED, thrice INT AS (v * 3) VIRTUAL)',
    );
    await it.run('before', 'INSERT INTO t (id, v) VALUES (1, 1)');
    await it.run('after', 'INSERT INTO t (id, v) VALUES (1, 2)');
    expect((await it.compare()).changes).toEqual([updated(1, 2)]);
  });
});
