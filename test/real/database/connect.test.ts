import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/output/secret.js';
import type { SqlConnection } from '../../../src/platform/databases.js';
import { connect } from '../../../src/sql/connect.js';
import { makeSite, type RunningSite } from './running-site.js';

describe('a connection to a real server', () => {
  let it: RunningSite;
  let connection: SqlConnection;
  const access = (password: Secret, database?: string) => ({
    host: it.hosts.database['db-1']?.address ?? '',
    port: 3306,
    user: 'dev',
    password,
    database,
  });

  beforeAll(async () => {
    it = await makeSite(6);
    await it.site.prepare();
    await it.start('db-1');
    await it.sql('db-1', 'operator', 'SET GLOBAL read_only = 0');
    connection = await it.site.databases.connect('db-1', 'dev');
    await connection.query(
      'CREATE TABLE kinds (id BIGINT UNSIGNED PRIMARY KEY, price DECIMAL(30,10), at DATETIME, day DATE, b BLOB, t TEXT, j JSON)',
    );
  });
  afterAll(async () => {
    await connection.end();
    await connection.end();
    await it.remove();
  });

  test('values go there and back without losing anything', async () => {
    const awkward = `O'Brien "x" \\ % _ \u0000 \n 🎭`;
    await connection.query('INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?)', [
      18_446_744_073_709_551_615n,
      '12345678901234567890.0123456789',
      new Date('2026-03-29T01:30:00Z'),
      '2026-02-28',
      Uint8Array.of(0, 255, 39, 92),
      awkward,
      '{"a": [1, "b"]}',
    ]);
    expect(await connection.query('SELECT * FROM kinds')).toEqual([
      {
        id: 18_446_744_073_709_551_615n,
        price: '12345678901234567890.0123456789',
        at: '2026-03-29 01:30:00',
        day: '2026-02-28',
        b: Buffer.from([0, 255, 39, 92]),
        t: awkward,
        j: '{"a": [1, "b"]}',
      },
    ]);
    expect(await connection.query('SELECT COUNT(*) AS n, CAST(9007199254740993 AS SIGNED) AS big FROM kinds')).toEqual([
      { n: 1, big: 9_007_199_254_740_993n },
    ]);
  });

  test('a statement that changes something has no rows, and several at once are refused', async () => {
    expect(await connection.query('DELETE FROM kinds')).toEqual([]);
    await expect(connection.query('SELECT 1; SELECT 2')).rejects.toMatchObject({ code: 'sql-failed', errno: 1064 });
    expect(await connection.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a refused statement carries the number of the server and no value', async () => {
    const error = await connection.query('INSERT INTO nowhere VALUES (?)', ['very-secret']).catch((e) => e);
    expect(error).toMatchObject({ code: 'sql-failed', errno: 1146 });
    expect(`${error.message}${error.stack}${JSON.stringify(error)}${error.cause}`).not.toContain('very-secret');
  });

  test('a wrong password is refused by the server, not unreachable', async () => {
    const error = await connect(access(new Secret('wrong'))).catch((e) => e);
    expect(error).toMatchObject({ code: 'sql-failed', errno: 1045 });
    expect(error.message).not.toContain('wrong');
    await expect(connect(access(it.passwords.dev, 'mysql'))).rejects.toMatchObject({ code: 'sql-failed', errno: 1044 });
  });

  test('a statement past its deadline gives up its connection', async () => {
    const own = await it.site.databases.connect('db-1', 'dev');
    await expect(own.query('SELECT SLEEP(5)', [], 50)).rejects.toMatchObject({ code: 'deadline' });
    await expect(own.query('SELECT 1')).rejects.toMatchObject({ code: 'database-unreachable' });
    await own.end();
  });

  test('a port where nobody listens, one that never speaks and one that speaks nonsense are unreachable', async () => {
    const at = (port: number) =>
      connect({ host: '127.10.6.99', port, user: 'dev', password: it.passwords.dev, connectTimeout: 200 });
    await expect(at(3306)).rejects.toMatchObject({ code: 'database-unreachable' });
    for (const words of ['', 'HTTP/1.1 400 Bad Request\r\n\r\n']) {
      const server = createServer((socket) => socket.on('error', () => undefined).write(words)).listen(
        0,
        '127.10.6.99',
      );
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as { port: number };
      await expect(at(port)).rejects.toMatchObject({ code: 'database-unreachable' });
      server.close();
    }
  });

  test('a server that dies makes the next statement, and the one that runs, unreachable', async () => {
    const idle = await it.site.databases.connect('db-1', 'dev');
    const running = connection.query('SELECT SLEEP(5)').catch((error) => error.code);
    await it.processes.kill('db-1');
    expect(await running).toBe('database-unreachable');
    await expect(idle.query('SELECT 1')).rejects.toMatchObject({ code: 'database-unreachable' });
    await expect(it.site.databases.connect('db-1', 'dev')).rejects.toMatchObject({ code: 'database-unreachable' });
    await idle.end();
  });
});
