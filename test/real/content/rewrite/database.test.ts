import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../src/content/rewrite/address.js';
import { addressRewriter } from '../../../../src/content/rewrite/address-rewriter.js';
import { rewriteDatabase } from '../../../../src/content/rewrite/rewrite-database.js';
import { scanForHosts } from '../../../../src/content/rewrite/scan.js';
import { silent } from '../../../../src/output/messages.js';
import type { SqlConnection } from '../../../../src/platform/databases.js';
import { type OneServer, startOne } from './one-server.js';

const rewriter = addressRewriter(
  [parseAddress('https://old.example')],
  parseAddress('https://dev.shop.localhost:8443'),
);
const signal = new AbortController().signal;

describe('rewriting the addresses of a database', () => {
  let server: OneServer;
  let connection: SqlConnection;

  beforeAll(async () => {
    server = await startOne(1);
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    await server.sql('DROP DATABASE site; CREATE DATABASE site CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci');
    connection = await server.connect();
    return () => connection.end();
  });

  const rewrite = (writes = true) =>
    rewriteDatabase(connection, { schema: 'site', rewriter, writes, report: silent, signal });
  const make = (statements: string) => server.sql(`USE site; SET NAMES utf8mb4; ${statements}`);
  const read = (query: string) => connection.query(query);

  it('changes what holds the address, in every kind of column, and writes nothing else', async () => {
    await make(`CREATE TABLE t (id INT PRIMARY KEY, a LONGTEXT, b VARCHAR(200) CHARACTER SET latin1, c LONGBLOB,
        d JSON, e TEXT COLLATE utf8mb4_bin, f TEXT AS (UPPER(a)) STORED, g ENUM('https://old.example', 'x'),
        seen TIMESTAMP NOT NULL DEFAULT '2001-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP);
      INSERT INTO t (id, a, b, c, d, e, g) VALUES
        (1, 'Grüße: http://old.example/ü', 'ü https://old.example', 0xFF00, '{"a": "https://old.example"}', 'HTTPS://OLD.EXAMPLE', 1),
        (2, 'nothing', NULL, 'a:1:{i:0;s:19:"https://old.example";}', '[]', '', 2), (3, 'mail@old.example', '', '', '1', '', 2);`);
    const { columns } = await rewrite();
    expect(await read('SELECT id, a, b, c, d, e, g, seen FROM t')).toEqual([
      {
        id: 1,
        a: 'Grüße: https://dev.shop.localhost:8443/ü',
        b: 'ü https://dev.shop.localhost:8443',
        c: Buffer.from([0xff, 0]),
        d: '{"a": "https://dev.shop.localhost:8443"}',
        e: 'https://dev.shop.localhost:8443',
        g: 'https://old.example',
        seen: '2001-01-01 00:00:00',
      },
      {
        id: 2,
        a: 'nothing',
        b: null,
        c: Buffer.from('a:1:{i:0;s:31:"https://dev.shop.localhost:8443";}'),
        d: '[]',
        e: '',
        g: 'x',
        seen: '2001-01-01 00:00:00',
      },
      { id: 3, a: 'mail@old.example', b: '', c: Buffer.from(''), d: '1', e: '', g: 'x', seen: '2001-01-01 00:00:00' },
    ]);
    expect(columns.map(({ column, values, addresses }) => [column, values, addresses])).toEqual([
      ['a', 1, 1],
      ['b', 1, 1],
      ['d', 1, 1],
      ['e', 1, 1],
      ['c', 1, 1],
    ]);
  });

  it('tells the same without writing when it is only to look', async () => {
    await make(
      "CREATE TABLE t (id INT PRIMARY KEY, a TEXT); INSERT INTO t VALUES (7, 'see https://old.example/page for more')",
    );
    const { columns } = await rewrite(false);
    expect(columns).toEqual([
      {
        table: 't',
        column: 'a',
        values: 1,
        addresses: 1,
        left: {},
        leftAt: [],
        examples: [
          {
            row: 'id 7',
            before: 'see https://old.example/page for more',
            after: 'see https://dev.shop.localhost:8443/page for more',
          },
        ],
      },
    ]);
    expect(await read('SELECT a FROM t')).toEqual([{ a: 'see https://old.example/page for more' }]);
  });

  it('goes through many rows with keys of several columns, and large values', async () => {
    await make(`CREATE TABLE t (a VARCHAR(20), b INT, v LONGTEXT, PRIMARY KEY (a, b));
      INSERT INTO t SELECT CONCAT('k', seq MOD 7), seq, IF(seq MOD 3 = 0, 'x', CONCAT('https://old.example/', seq)) FROM seq_1_to_3000;
      INSERT INTO t SELECT 'large', seq, CONCAT(REPEAT('x', 3000000), 'https://old.example') FROM seq_1_to_4`);
    const { columns } = await rewrite();
    expect(columns[0]).toMatchObject({ values: 2004, addresses: 2004, left: {} });
    expect(await read("SELECT COUNT(*) AS n FROM t WHERE v LIKE '%https://dev.shop.localhost:8443%'")).toEqual([
      { n: 2004 },
    ]);
    expect(await read("SELECT COUNT(*) AS n FROM t WHERE v LIKE '%old.example%'")).toEqual([{ n: 0 }]);
  });

  it('changes a key that holds the address, and leaves one that would become another', async () => {
    await make(`CREATE TABLE redirects (url VARCHAR(100) PRIMARY KEY, target TEXT);
      INSERT INTO redirects VALUES ('http://old.example/a', 'https://old.example/b'), ('https://old.example/a', '-'), ('/c', 'https://old.example/d')`);
    const { columns } = await rewrite();
    expect(await read('SELECT * FROM redirects ORDER BY url')).toEqual([
      { url: '/c', target: 'https://dev.shop.localhost:8443/d' },
      { url: 'https://dev.shop.localhost:8443/a', target: 'https://dev.shop.localhost:8443/b' },
      { url: 'https://old.example/a', target: '-' },
    ]);
    expect(columns.find(({ column }) => column === 'url')).toMatchObject({
      values: 1,
      left: { 'duplicate-key': 1 },
      leftAt: [{ row: 'url https://old.example/a', reason: 'duplicate-key' }],
    });
  });

  it('leaves what would not fit, and says so', async () => {
    await make(
      "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(25), b TEXT); INSERT INTO t VALUES (1, 'https://old.example/page', 'https://old.example')",
    );
    const { columns } = await rewrite();
    expect(await read('SELECT * FROM t')).toEqual([
      { id: 1, a: 'https://old.example/page', b: 'https://dev.shop.localhost:8443' },
    ]);
    expect(columns.find(({ column }) => column === 'a')).toMatchObject({ values: 0, left: { 'too-long': 1 } });
  });

  it('leaves one row that the server refuses, and writes those beside it', async () => {
    await make(`CREATE TABLE t (id INT PRIMARY KEY, a TEXT, CHECK (id <> 2 OR a LIKE '%old%'));
      INSERT INTO t VALUES (1, 'https://old.example'), (2, 'https://old.example'), (3, 'https://old.example')`);
    const { columns } = await rewrite();
    expect(await read("SELECT id FROM t WHERE a LIKE '%localhost%'")).toEqual([{ id: 1 }, { id: 3 }]);
    expect(columns[0]).toMatchObject({ values: 2, left: { 'refused-by-database': 1 } });
  });

  it('rewrites a table without a key', async () => {
    await make(
      `CREATE TABLE log (a TEXT, b INT); INSERT INTO log SELECT CONCAT('https://old.example/', seq MOD 300), seq FROM seq_1_to_900`,
    );
    const { columns } = await rewrite();
    expect(columns[0]).toMatchObject({ values: 900, addresses: 900 });
    expect(
      await read(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT a) AS d FROM log WHERE a LIKE 'https://dev.shop.localhost:8443/%'",
      ),
    ).toEqual([{ n: 900, d: 300 }]);
  });

  it('leaves broken serialised values byte by byte, and names their rows', async () => {
    const broken = 'a:1:{s:3:"url";s:99:"https://old.example";}';
    await make(`CREATE TABLE t (id INT PRIMARY KEY, a TEXT); INSERT INTO t VALUES (5, '${broken}')`);
    const { columns } = await rewrite();
    expect(await read('SELECT a FROM t')).toEqual([{ a: broken }]);
    expect(columns).toMatchObject([
      { values: 0, left: { 'broken-serialised': 1 }, leftAt: [{ row: 'id 5', reason: 'broken-serialised' }] },
    ]);
  });

  it('loses nothing that people write meanwhile', async () => {
    await make(
      "CREATE TABLE t (id INT PRIMARY KEY, a TEXT, n INT NOT NULL DEFAULT 0); INSERT INTO t SELECT seq, CONCAT('https://old.example/', seq), 0 FROM seq_1_to_4000",
    );
    const editor = await server.connect();
    let edits = 0;
    let done = false;
    const editing = (async () => {
      while (!done) {
        const id = 1 + (edits++ % 4000);
        await editor.query(`UPDATE t SET a = CONCAT(a, '!'), n = n + 1 WHERE id = ${id}`);
      }
    })();
    await rewrite();
    done = true;
    await editing;
    await editor.end();
    const [sum] = await read(
      "SELECT SUM(n) AS n, SUM(CHAR_LENGTH(a) - CHAR_LENGTH(REPLACE(a, '!', ''))) AS marks, SUM(a LIKE '%old.example%') AS old FROM t",
    );
    expect({ n: Number(sum?.n), marks: Number(sum?.marks), old: Number(sum?.old) }).toEqual({
      n: edits,
      marks: edits,
      old: 0,
    });
  });

  it('afterwards a scan lists where the host is still named', async () => {
    await make(`CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b BLOB);
      INSERT INTO t VALUES (1, 'https://old.example/ and mail@OLD.example', NULL), (2, 'é', 'old.example'), (3, 'x', 'y')`);
    await rewrite();
    expect(await scanForHosts(connection, { schema: 'site', hosts: rewriter.hosts, signal })).toEqual([
      {
        table: 't',
        column: 'a',
        rows: 1,
        examples: [{ row: 'id 1', text: 'https://dev.shop.localhost:8443/ and mail@OLD.example' }],
      },
      { table: 't', column: 'b', rows: 1, examples: [{ row: 'id 2', text: 'old.example' }] },
    ]);
  });

  it('stops at once when it is told to', async () => {
    await make(
      "CREATE TABLE t (id INT PRIMARY KEY, a TEXT); INSERT INTO t SELECT seq, 'https://old.example/' FROM seq_1_to_50000",
    );
    const stopping = new AbortController();
    const report = () => stopping.abort(new Error('enough'));
    await expect(
      rewriteDatabase(connection, { schema: 'site', rewriter, writes: true, report, signal: stopping.signal }),
    ).rejects.toThrow('enough');
  });
});
