import { describe, expect, test } from 'vitest';
import { run } from '../../../src/process/run.js';
import { parts } from './document-root.js';

async function judge(statements: readonly string[], method: 'writes' | 'summary' = 'writes'): Promise<unknown[]> {
  const code = `require '${parts}/drop-ins/prod/understudy/statement.php';
    echo json_encode(array_map(['Understudy_Statement', '${method}'], json_decode(stream_get_contents(STDIN))));`;
  const { stdout } = await run('php8.2', ['-r', code], { input: JSON.stringify(statements) });
  return JSON.parse(stdout);
}

const title = "it''s \\' for update";

const reads = [
  'SELECT 1',
  ' \n\t select * from a',
  '(SELECT 1) UNION (SELECT 2)',
  '/* hint */ SELECT 1',
  '-- note\nSELECT 1',
  '# note\nSELECT 1',
  'SELECT SQL_CALC_FOUND_ROWS ID FROM wp_posts',
  `SELECT * FROM wp_posts WHERE post_title = '${title}'`,
  'SELECT * FROM t WHERE a = "x for update"',
  'SELECT `for update` FROM t',
  `SELECT '${'x'.repeat(100_000)} for update'`,
  'SELECT 1 /* for update */',
  'SHOW FULL COLUMNS FROM wp_posts',
  'DESCRIBE wp_posts',
  'DESC wp_posts;',
  'EXPLAIN SELECT 1',
  'WITH a AS (SELECT 1) SELECT * FROM a',
  "WITH a AS (SELECT 'delete') SELECT * FROM a",
  "SET SESSION sql_mode = ''",
  'SET NAMES utf8mb4',
  'SET @a = 1',
  'SET STATEMENT max_statement_time=1 FOR SELECT 1',
  'START TRANSACTION',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'USE wp',
  'DO 1',
  'CHECKSUM TABLE wp_posts',
];

const writes = [
  'INSERT INTO a VALUES (1)',
  'insert ignore into a values (1)',
  '/* x */ UPDATE a SET b = 1',
  '-- x\nDELETE FROM a',
  '#x\n DELETE FROM a',
  '/*!40000 ALTER TABLE a DISABLE KEYS */',
  '/*! DELETE FROM a */',
  '((INSERT INTO a VALUES (1)))',
  'REPLACE INTO a VALUES (1)',
  'CREATE TABLE a (b int)',
  'CREATE TEMPORARY TABLE a (b int)',
  'ALTER TABLE a ADD b int',
  'DROP TABLE a',
  'TRUNCATE a',
  'RENAME TABLE a TO b',
  'OPTIMIZE TABLE a',
  'REPAIR TABLE a',
  'ANALYZE TABLE a',
  'SELECT * FROM a FOR UPDATE',
  'SELECT * FROM a FOR  UPDATE SKIP LOCKED',
  'SELECT * FROM a FOR SHARE',
  "SELECT * FROM a WHERE b = 'x' LOCK IN SHARE MODE",
  "SELECT * FROM a INTO OUTFILE '/tmp/x'",
  'WITH a AS (SELECT 1) DELETE FROM b',
  'LOCK TABLES a WRITE',
  'UNLOCK TABLES',
  'SET GLOBAL read_only = 0',
  'SET @@global.read_only = 0',
  'SET PERSIST x = 1',
  "SET PASSWORD = 'x'",
  'SET STATEMENT max_statement_time=1 FOR DELETE FROM a',
  'CALL p()',
  'GRANT ALL ON a TO b',
  "LOAD DATA INFILE 'x' INTO TABLE a",
  'HANDLER a OPEN',
  'nonsense',
  '',
];

describe('a statement of prod', () => {
  test('that reads, or changes only its own connection, is sent', async () => {
    const answers = await judge(reads);
    expect(reads.filter((_, at) => answers[at] !== false)).toEqual([]);
  });

  test('that writes, locks or is of an unknown kind is dropped', async () => {
    const answers = await judge(writes);
    expect(writes.filter((_, at) => answers[at] !== true)).toEqual([]);
  });

  test('is named in the log without its values', async () => {
    expect(
      await judge(
        [
          "/* a */ INSERT INTO `wp_comments` (`email`) VALUES ('jo@example.com')",
          "UPDATE wp_users SET user_pass='secret'",
          "DELETE\nFROM wp_x WHERE a='b'",
          "CALL p('secret')",
        ],
        'summary',
      ),
    ).toEqual(['INSERT INTO `wp_comments`', 'UPDATE wp_users SET', 'DELETE FROM wp_x', 'CALL p']);
  });
});
