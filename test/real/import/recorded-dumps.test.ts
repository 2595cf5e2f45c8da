import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDump } from '../../../src/import/dump/open-dump.js';
import { declareUtf8 } from '../../../src/import/latin1.js';
import { type Loaded, loadDump } from '../../../src/import/load.js';
import { silent } from '../../../src/output/messages.js';
import { Secret } from '../../../src/output/secret.js';
import { connectForBytes } from '../../../src/sql/bytes-connection.js';
import { type OneServer, startOne } from '../content/rewrite/one-server.js';

/**
 * Dumps of the database that dumps/site.sql makes, as programs have written them: `wp db export` (which runs
 * mariadb-dump with these options), mariadb-dump with `--databases --routines --events`, phpMyAdmin 5.2 with its
 * defaults and with its own options. mysql-8.sql is the same in the forms of MySQL 8.4's mysqldump, made by hand.
 */
const recorded = fileURLToPath(new URL('./dumps/', import.meta.url));
const tables = ['wp_child', 'wp_kinds', 'wp_legacy', 'wp_nokey', 'wp_odd `name', 'wp_options', 'wp_parent', 'wp_posts'];
const signal = new AbortController().signal;

describe('a dump that was recorded', () => {
  let server: OneServer;
  let reference: string;
  beforeAll(async () => {
    server = await startOne(3);
    await server.sql(`CREATE USER 'load'@'%' IDENTIFIED BY 'loading-only';
      GRANT ALL ON \`site\\_\\_incoming\`.* TO 'load'@'%'`);
    await server.sql(`CREATE DATABASE shop; USE shop;\nsource ${join(recorded, 'wp-cli.sql')}\n`);
    reference = await sums('shop');
  });
  afterAll(() => server.remove());

  const sums = async (schema: string) => {
    const all = tables.map((name) => `\`${name.replaceAll('`', '``')}\``).join(', ');
    return (await server.sql(`USE ${schema}; CHECKSUM TABLE ${all}`)).replaceAll(`${schema}.`, '');
  };

  async function load(file: string): Promise<Loaded> {
    const connection = await connectForBytes({
      host: server.address,
      port: 3306,
      user: 'load',
      password: new Secret('loading-only'),
    });
    const dump = await openDump(file);
    try {
      const options = { into: 'site__incoming', schema: undefined, prefix: 'wp_', report: silent, signal };
      return await loadDump({ connection, dump, ...options });
    } finally {
      connection.destroy();
    }
  }

  async function loadText(text: string | Buffer): Promise<Loaded> {
    const file = join(server.folder, 'changed.sql');
    await writeFile(file, text);
    return load(file);
  }

  it.each([
    'wp-cli.sql',
    'mariadb-dump-databases.sql.zst',
    'phpmyadmin-quick.sql',
    'phpmyadmin-custom.sql.gz',
    'mysql-8.sql',
  ])('%s holds what its program has read', async (name) => {
    const loaded = await load(join(recorded, name));
    expect(await sums('site__incoming')).toBe(reference);
    expect(loaded.warnings).toEqual([]);
    expect(loaded.remarks.server).toMatch(/^(?:10\.11|8\.4)/);
    expect(loaded.views.map((view) => view.name)).toEqual(['wp_a_first', 'wp_published']);
    expect(loaded.survey.options.home).toBe('https://shop.example');
    expect(loaded.survey.tables.filter(({ hasKey }) => !hasKey).map((table) => table.name)).toEqual(['wp_nokey']);
    expect(loaded.survey.leftOut.map(({ what }) => what).join('\n')).toContain('TRIGGER');
    const connection = await server.connect('site__incoming');
    try {
      const latin1 = await declareUtf8(connection, 'site__incoming', signal);
      expect(latin1).toEqual({ converted: ['wp_legacy.utf8'], unclear: [] });
      expect(await connection.query('SELECT utf8 FROM wp_legacy WHERE id = 1')).toEqual([{ utf8: 'Grüße' }]);
    } finally {
      await connection.end();
    }
  });

  it.each(['wp-cli.sql', 'phpmyadmin-quick.sql'])(
    '%s with the line ends and the mark of Windows holds the same',
    async (name) => {
      const text = await readFile(join(recorded, name), 'latin1');
      const loaded = await loadText(Buffer.from(`\xef\xbb\xbf${text.replaceAll('\n', '\r\n')}`, 'latin1'));
      expect(await sums('site__incoming')).toBe(reference);
      expect(loaded.remarks.server).toMatch(/^10\.11/);
    },
  );

  it.each(['wp-cli.sql', 'phpmyadmin-quick.sql'])(
    '%s that was cut off is never taken for a whole one',
    async (name) => {
      const whole = await readFile(join(recorded, name));
      const betweenStatements = whole.subarray(0, whole.lastIndexOf(';\n', whole.length / 2) + 2);
      await expect(loadText(betweenStatements)).rejects.toMatchObject({ code: 'dump-cut-off' });
      for (let share = 0.15; share < 1; share += 0.2) {
        const found = await loadText(whole.subarray(0, Math.floor(whole.length * share))).then(
          () => 'loaded',
          ({ code }) => code,
        );
        expect(['dump-cut-off', 'dump-refused', 'dump-empty'], `${share} of it`).toContain(found);
      }
    },
  );

  it('that is damaged in its packing, or UTF-16, is said to be so', async () => {
    const whole = gunzipSync(await readFile(join(recorded, 'phpmyadmin-custom.sql.gz')));
    const unusable = { code: 'dump-unusable', kind: 'usage' };
    const packed = gzipSync(whole);
    await expect(loadText(packed.subarray(0, packed.length / 2))).rejects.toMatchObject(unusable);
    await expect(loadText(Buffer.from(`\ufeff${whole}`, 'utf16le'))).rejects.toMatchObject({
      ...unusable,
      message: expect.stringContaining('UTF-16'),
    });
  });
});
