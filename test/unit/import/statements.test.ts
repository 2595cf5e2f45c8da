import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collationsFor } from '../../../src/import/dump/collations.js';
import { judge } from '../../../src/import/dump/judge.js';
import { columnsIn, rowsIn } from '../../../src/import/dump/rows.js';
import { StatementSplitter } from '../../../src/import/dump/statements.js';

const mariadb = { kind: 'mariadb', number: 101119 } as const;

function split(dump: string, parts: readonly number[] = []): string[] {
  const splitter = new StatementSplitter(mariadb, 1);
  const bytes = Buffer.from(dump, 'latin1');
  const found: string[] = [];
  let from = 0;
  for (const length of [...parts, bytes.length]) {
    const part = bytes.subarray(from, from + length);
    if (part.length > 0) for (const { bytes: one } of splitter.push(part)) found.push(one.toString('latin1'));
    from += length;
  }
  for (const { bytes: one } of splitter.end()) found.push(one.toString('latin1'));
  return found;
}

describe('splitting a dump', () => {
  it.each<[string, string, string[]]>([
    [
      'strings with everything in them',
      `INSERT INTO a VALUES ('x;y\\';--''/*#',"\\";''"),(\`;\`);SELECT 1`,
      [`INSERT INTO a VALUES ('x;y\\';--''/*#',"\\";''"),(\`;\`)`, 'SELECT 1'],
    ],
    ['comments', '-- a;b\n#c;d\nSELECT 1; /* e;f */ SELECT/**/2;', ['SELECT 1', 'SELECT 2']],
    ['a minus that is no comment', 'SELECT 1--1;SELECT 5 --\n;', ['SELECT 1--1', 'SELECT 5']],
    [
      'conditional comments that count',
      '/*!40101 SET NAMES utf8 */;/*M!100616 SET x=1 */;',
      ['SET NAMES utf8', 'SET x=1'],
    ],
    [
      'conditional comments that do not',
      '/*!999999\\- enable the sandbox mode */\n/*M!999999\\- enable the sandbox mode */ SELECT 1;/*!50701 SELECT 2 */;',
      ['SELECT 1'],
    ],
    [
      'delimiters',
      'DELIMITER ;;\nCREATE TRIGGER t BEGIN a; b; END;;\ndelimiter ;\nSELECT 1;',
      ['CREATE TRIGGER t BEGIN a; b; END', 'SELECT 1'],
    ],
    ['a delimiter like a slash', 'DELIMITER //\nSELECT 1 / 2//\nDELIMITER ;\nSELECT 2;', ['SELECT 1 / 2', 'SELECT 2']],
    ['a mark of the byte order, and no end', '\xef\xbb\xbfSELECT 1', ['SELECT 1']],
    ['nothing', ' ;; \n-- x', []],
    ['the word delimiter in the middle', 'SELECT delimiter ;SELECT 2;', ['SELECT delimiter', 'SELECT 2']],
  ])('%s', (_, dump, expected) => {
    expect(split(dump)).toEqual(expected);
  });

  it('comes to the same wherever the parts of the file are cut', () => {
    const piece = fc.constantFrom(
      "'a;\\'b'",
      '"x;\\\\"',
      '`;`',
      '-- c;\n',
      '/* ; */',
      '/*!40101 d;e */',
      '/*!999999 f */',
      'DELIMITER $$\n',
      'DELIMITER ;\n',
      ';',
      '$$',
      ' SELECT ',
      '1-1',
      '\n',
      '*',
      '/',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.array(fc.nat(9), { maxLength: 30 }), (pieces, cuts) => {
        const dump = pieces.join('');
        const attempt = (parts: readonly number[]) => {
          try {
            return split(dump, parts);
          } catch (error) {
            return (error as { code?: string }).code;
          }
        };
        expect(attempt(cuts)).toEqual(attempt([]));
      }),
      { numRuns: 2_000 },
    );
  });

  it('says that a dump was cut off', () => {
    expect(() => split("INSERT INTO a VALUES ('x")).toThrow(expect.objectContaining({ code: 'dump-cut-off' }));
  });
});

const collations = collationsFor(
  new Set([
    'utf8mb4_unicode_ci',
    'utf8mb4_unicode_520_ci',
    'utf8mb4_uca1400_nopad_ai_ci',
    'utf8mb4_bin',
    'utf8mb4_nopad_bin',
    'latin1_swedish_ci',
  ]),
);
const judged = (text: string, schema?: string) =>
  judge({ bytes: Buffer.from(text, 'latin1'), offset: 0 }, schema, collations);
const textOf = (text: string, schema?: string) => {
  const found = judged(text, schema);
  return 'text' in found ? found.text : found;
};

describe('what is done with a statement', () => {
  it.each([
    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE x",
    'GRANT ALL ON *.* TO root',
    'CREATE USER intruder',
    'SET GLOBAL general_log = 1',
    'SET @@global.read_only = 0',
    'SET @x = (SELECT 1)',
    "SET PASSWORD = 'x'",
    '\\! rm -rf /',
    'system ls',
    'source /etc/passwd',
    'SELECT * FROM mysql.user',
    'CALL x()',
    'INSTALL PLUGIN x SONAME "y.so"',
    'CREATE DEFINER=`root`@`%` TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET @a = 1',
    'CREATE DEFINER=`root`@`%` PROCEDURE p() SELECT 1',
    'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM x',
    'INSERT INTO other.t VALUES (1)',
    'UPDATE wp_posts SET x = 1',
    'DROP USER root',
    'RENAME TABLE a TO b',
  ])('%s is left out', (text) => {
    expect(judged(text, 'site').kind).toBe('left-out');
  });

  it.each([
    'CREATE DATABASE site',
    'DROP DATABASE IF EXISTS site',
    'LOCK TABLES `a` WRITE',
    'UNLOCK TABLES',
    'START TRANSACTION',
    'COMMIT',
    'ALTER TABLE `a` DISABLE KEYS',
    'SET @@SESSION.SQL_LOG_BIN= 0',
    "SET @@GLOBAL.GTID_PURGED=/**/'x'",
    'SET autocommit=0',
    'DROP VIEW IF EXISTS v',
  ])('%s means nothing', (text) => {
    expect(judged(text, 'site').kind).toBe('nothing');
  });

  it('settings are written anew', () => {
    expect(textOf("SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' ")).toBe(
      "SET @OLD_SQL_MODE = @@SQL_MODE, SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
    );
    expect(textOf('SET NAMES utf8mb4 COLLATE utf8mb4_0900_ai_ci')).toBe(
      'SET NAMES utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci',
    );
    expect(judged('SET NAMES gbk').kind).toBe('refused');
    expect(judged("SET sql_mode = 'NO_BACKSLASH_ESCAPES'").kind).toBe('refused');
  });

  it('tables get collations that there are, InnoDB, and no places of another machine', () => {
    const found = judged(
      "CREATE TABLE `old`.`wp_x` (`engine` varchar(9) COLLATE utf8mb4_0900_ai_ci DEFAULT 'utf8mb4_0900_ai_ci', `type` int, KEY (`type`)) ENGINE=MyISAM ROW_FORMAT=FIXED DATA DIRECTORY='/x' DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='ENGINE=MyISAM'",
      'old',
    );
    expect(found).toMatchObject({ kind: 'table', table: 'wp_x', engineBefore: 'MyISAM' });
    expect(textOf('CREATE TABLE a (x int) ENGINE=InnoDB ROW_FORMAT=DYNAMIC')).toBe(
      'CREATE TABLE a (x int) ENGINE=InnoDB ROW_FORMAT=DYNAMIC',
    );
    expect('text' in found && found.text.replaceAll(/ +/g, ' ')).toBe(
      "CREATE TABLE `wp_x` (`engine` varchar(9) COLLATE utf8mb4_uca1400_nopad_ai_ci DEFAULT 'utf8mb4_0900_ai_ci', `type` int, KEY (`type`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_nopad_ai_ci COMMENT='ENGINE=MyISAM'",
    );
  });

  it('rows lose the name of their schema', () => {
    const found = judged("INSERT IGNORE INTO `old`.`wp_x` (`a`) VALUES ('`old`.`b`')", 'old');
    expect(found.kind === 'rows' && found.bytes.toString()).toBe(
      "INSERT IGNORE INTO `wp_x` (`a`) VALUES ('`old`.`b`')",
    );
  });

  it('views lose their definer and the name of their schema', () => {
    expect(
      textOf(
        'CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `old`.`v` AS select `old`.`t`.`a` from `old`.`t`',
        'old',
      ),
    ).toBe('CREATE OR REPLACE SQL SECURITY INVOKER VIEW `v` AS select `t`.`a` from `t`');
  });
});

describe('any text at all', () => {
  it('never makes the reading fail', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom(
        'INSERT INTO ',
        'CREATE ',
        'TABLE ',
        'VIEW ',
        'SET ',
        'NAMES ',
        '`a`.',
        "'",
        '"',
        '(',
        ')',
        ',',
        '=',
        '@@',
        ' COLLATE ',
        'ENGINE=',
        'VALUES ',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        const text = pieces.join('');
        judged(text, 'a');
        [...rowsIn(text)];
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('reading rows', () => {
  it('gives the texts of values', () => {
    expect([
      ...rowsIn("INSERT INTO `o` VALUES (1,'a\\'b\\n;''c',NULL),(-2,_binary 'x)',0xFF),\n(3,\"q\",f(1,2))"),
    ]).toEqual([
      ['1', "a'b\n;'c", null],
      ['-2', 'x)', '0xFF'],
      ['3', 'q', 'f(1,2)'],
    ]);
    expect(columnsIn('INSERT INTO `o` (`a`, `b c`,d) VALUES (1)')).toEqual(['a', 'b c', 'd']);
    expect(columnsIn('INSERT INTO `o` VALUES (1)')).toBeUndefined();
  });
});
