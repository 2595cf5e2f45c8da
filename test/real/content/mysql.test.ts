import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checksumTables } from '../../../src/content/checksum-tables.js';
import { compareDatabases } from '../../../src/content/compare-databases.js';
import type { RowChange } from '../../../src/content/rows.js';
import { inSnapshot } from '../../../src/content/snapshot.js';
import { silent } from '../../../src/output/messages.js';
import { Secret } from '../../../src/output/secret.js';
import type { SqlConnection } from '../../../src/platform/databases.js';
import { killDaemon, startDaemon } from '../../../src/process/daemon.js';
import type { ProcessRef } from '../../../src/process/identity.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { connect } from '../../../src/sql/connect.js';
import { account } from '../wordpress/mariadb.js';

/** A mysqld ≥ 8.4, as RDS has it. Debian has none. */
const mysqld = process.env.MYSQLD;
if (!mysqld) process.stdout.write('SKIPPED: no MYSQLD\n');

describe.skipIf(!mysqld)('two schemas of a MySQL server', () => {
  const host = '127.13.6.1';
  const signal = new AbortController().signal;
  let folder: string;
  let server: ProcessRef;
  let before: SqlConnection;
  let after: SqlConnection;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-mysql-'));
    await chmod(folder, 0o777);
    const data = join(folder, 'data');
    const program = mysqld ?? '';
    await run(program, ['--no-defaults', '--initialize-insecure', `--datadir=${data}`], { as: account });
    const init = join(folder, 'init.sql');
    await run('tee', [init], {
      input:
        "CREATE USER content@'%' IDENTIFIED BY 'x'; GRANT ALL ON *.* TO content@'%'; CREATE DATABASE b; CREATE DATABASE a;\n",
    });
    server = await startDaemon({
      program,
      args: [
        '--no-defaults',
        `--datadir=${data}`,
        `--bind-address=${host}`,
        `--socket=${folder}/s`,
        '--mysqlx=OFF',
        `--init-file=${init}`,
      ],
      logFile: join(folder, 'log'),
      as: account,
    });
    const open = (database: string) =>
      waitUntil(
        () =>
          connect({ host, port: 3306, user: 'content', password: new Secret('x'), database }).catch(() => undefined),
        { what: 'MySQL to answer', deadlineMs: 60_000 },
      );
    [before, after] = [await open('b'), await open('a')];
  });
  afterAll(async () => {
    await before?.end();
    await after?.end();
    if (server) await killDaemon(server);
    await rm(folder, { recursive: true, force: true });
  });

  const both = async (sql: string) => {
    await before.query(sql);
    await after.query(sql);
  };

  test('are compared row by row, and by content where there is no key', async () => {
    await both(
      `CREATE TABLE t (a INT, b VARCHAR(20), j JSON, f FLOAT, d DECIMAL(20,5), bits BIT(8), p POINT, e ENUM('x', 'y'),
         at TIMESTAMP NULL, blb LONGBLOB, g INT GENERATED ALWAYS AS (a + 1) STORED, PRIMARY KEY (a, b))`,
    );
    await both(
      `INSERT INTO t (a, b, j, f, d, bits, p, e, at, blb) VALUES
         (1, 'x', '{"a": 1}', 1.5, 1.5, b'1', POINT(1, 2), 'x', '2026-10-25 01:30:00', REPEAT('x', 10000)),
         (1, 'Y', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (2, '🎭', '[]', 0, 0, b'0', NULL, 'y', NULL, '')`,
    );
    await both('CREATE TABLE u (v TEXT, n INT)');
    await both("INSERT INTO u VALUES ('a', 1), ('a', 1), ('b', 2)");
    await after.query(
      `UPDATE t SET j = '{"a": 2}', f = 1.5000001, p = POINT(2, 1), blb = REPEAT('y', 10000) WHERE b = 'x'`,
    );
    await after.query("DELETE FROM t WHERE b = 'Y'");
    await after.query("DELETE FROM u WHERE v = 'a' LIMIT 1");
    const changes: RowChange[] = [];
    const { tables, schema } = await inSnapshot(after, () =>
      compareDatabases(before, after, {
        schemas: { before: 'b', after: 'a' },
        report: silent,
        signal,
        chunkRows: 1,
        onChange: (change) => {
          changes.push(change);
        },
      }),
    );
    expect(schema).toEqual([]);
    expect(tables).toMatchObject([
      { name: 't', method: 'by-key', inserted: 0, updated: 1, deleted: 1 },
      { name: 'u', method: 'by-content', inserted: 0, deleted: 1 },
    ]);
    expect(changes).toMatchObject([
      { key: { a: 1, b: 'x' }, changedColumns: ['j', 'f', 'p', 'blb'] },
      { kind: 'deleted', key: { a: 1, b: 'Y' } },
      { kind: 'deleted', key: undefined, copies: 1, before: { v: 'a', n: 1 } },
    ]);
    const checksums = await checksumTables(after, 'a', { signal });
    expect(checksums.map(({ checksum }) => checksum)).toEqual(tables.map((table) => table.checksums.after));
  });
});
