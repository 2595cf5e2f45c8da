import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseRole } from '../../../src/platform/databases.js';
import { roundsOf } from './rounds.js';
import { makeSite, type RunningSite } from './running-site.js';

/** The server's numbers for "you have no right to". */
const denied = [1044, 1045, 1142, 1227, 1370];

describe('the accounts', () => {
  let it: RunningSite;

  beforeAll(async () => {
    it = await makeSite(2);
    await it.site.prepare();
    await it.start('db-1', 'db-2');
    const { cluster } = roundsOf(it);
    await cluster.converge();
    await cluster.end();
    await it.sql('db-1', 'dev', 'CREATE TABLE posts (id BIGINT PRIMARY KEY, title TEXT)');
    await it.sql('db-1', 'dev', "INSERT INTO posts VALUES (1, 'Grüße 🎭')");
  });
  afterAll(() => it.remove());

  const attempt = (role: DatabaseRole, sql: string) =>
    it.sql('db-1', role, sql).then(
      () => 'done',
      (error: { errno?: number; message: string }) =>
        denied.includes(error.errno ?? 0) ? 'denied' : `other: ${error.message}`,
    );

  test.each<[DatabaseRole, string]>([
    ['dev', 'ALTER TABLE my_site.posts ADD COLUMN body TEXT'],
    ['dev', 'LOCK TABLES my_site.posts WRITE'],
    ['prod', 'SELECT * FROM my_site.posts'],
    ['operator', 'SELECT * FROM my_site.posts'],
    ['operator', 'SHOW BINARY LOGS'],
    ['operator', 'SHOW FULL PROCESSLIST'],
    ['operator', 'SET GLOBAL rpl_semi_sync_master_enabled = 0'],
    ['monitor', 'SHOW SLAVE STATUS'],
    ['monitor', 'SHOW GLOBAL STATUS'],
    ['load', 'CREATE DATABASE my_site__incoming'],
    ['load', 'CREATE TABLE my_site__incoming.posts (id INT PRIMARY KEY)'],
    ['dev', 'CREATE DATABASE my_site__kept_1'],
    ['dev', 'RENAME TABLE my_site__incoming.posts TO my_site__kept_1.posts'],
  ])('%s may: %s', async (role, sql) => {
    expect(await attempt(role, sql)).toBe('done');
  });

  test.each<[DatabaseRole, string]>([
    ['dev', 'CREATE DATABASE another'],
    // The underscore of the schema's name is not a wildcard in its grant.
    ['dev', 'CREATE DATABASE myXsite'],
    ['dev', 'SELECT * FROM mysql.global_priv'],
    ['dev', 'SET GLOBAL read_only = 0'],
    ['dev', "SELECT 1 INTO OUTFILE '/tmp/understudy-outfile'"],
    ['dev', 'RESET MASTER'],
    ['prod', 'INSERT INTO my_site.posts (id) VALUES (2)'],
    ['prod', 'DELETE FROM my_site.posts'],
    ['prod', 'CREATE TABLE my_site.mine (id INT PRIMARY KEY)'],
    ['prod', 'CREATE TEMPORARY TABLE my_site.mine (id INT)'],
    ['prod', 'SET GLOBAL read_only = 0'],
    ['prod', 'START SLAVE'],
    ['operator', 'INSERT INTO my_site.posts (id) VALUES (3)'],
    ['operator', 'DROP TABLE my_site.posts'],
    ['operator', 'CREATE USER intruder'],
    ['replication', 'SELECT * FROM my_site.posts'],
    ['monitor', 'SELECT * FROM my_site.posts'],
    ['monitor', 'STOP SLAVE'],
    ['load', 'SELECT * FROM my_site.posts'],
    ['load', 'DROP TABLE my_site.posts'],
    ['load', 'SELECT * FROM my_site__kept_1.posts'],
    ['load', 'CREATE DATABASE my_siteXincoming'],
    ['load', 'SET SESSION sql_log_bin = 0'],
    ['load', "SELECT 1 INTO OUTFILE '/tmp/understudy-outfile'"],
  ])('%s may not: %s', async (role, sql) => {
    expect(await attempt(role, sql)).toBe('denied');
  });

  test('dev cannot write on a server that is read-only, not even with all rights on its schema', async () => {
    await expect(it.sql('db-2', 'dev', 'CREATE TABLE my_site.x (id INT PRIMARY KEY)')).rejects.toMatchObject({
      errno: 1290,
    });
  });

  test('text beyond ASCII comes back as it was written', async () => {
    expect(await it.sql('db-1', 'prod', 'SELECT title FROM posts WHERE id = 1')).toEqual([{ title: 'Grüße 🎭' }]);
  });
});
