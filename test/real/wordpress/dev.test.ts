import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  configFor,
  devUrl,
  installWordPress,
  makeDocumentRoot,
  renderConfig,
  serve,
  type Web,
} from './document-root.js';
import { type MailSink, startMailSink } from './mail-sink.js';
import type { MariaDb } from './mariadb.js';
import { makeFolder, runInWordPress, startEmptyDatabase } from './stage.js';

const folder = makeFolder();
const path = join(folder.path, 'dev');
const config = {
  ...configFor('dev', '127.9.0.41:3306'),
  options: { payment_mode: 'test', show_on_front: 'posts' },
  constants: { WP_DEBUG_LOG: false },
};
const smtp = { host: '127.9.1.41', port: 2525 };
let database: MariaDb;
let web: Web;
let sink: MailSink;

beforeAll(async () => {
  database = await startEmptyDatabase(folder.path, '127.9.0.41');
  await makeDocumentRoot(path, config);
  sink = await startMailSink(smtp.host, smtp.port);
}, 60_000);

afterAll(async () => {
  await web?.stop();
  sink?.close();
  await database?.kill();
  folder.remove();
});

const count = (what: string) => database.sql(`SELECT COUNT(*) FROM wp.${what}`).then(Number);
const plugin = (code: string) => writeFileSync(join(path, 'wp-content/mu-plugins/test.php'), `<?php ${code}`);
const configure = async (change: object) =>
  writeFileSync(join(path, 'wp-config.php'), await renderConfig({ ...config, ...change }));

describe('install', () => {
  test('says which database it cannot reach', async () => {
    await configure({ database: { ...config.database, host: '127.9.0.49:3306' } });
    await expect(installWordPress(path, {})).rejects.toThrow(
      /^php8.2 ended with 1: install: the database at 127\.9\.0\.49:3306 cannot be reached: Connection refused\.$/,
    );
  });

  test('says what the database refuses, without the password', async () => {
    await configure({ database: { ...config.database, password: 'hunter2' } });
    const refused = installWordPress(path, {});
    await expect(refused).rejects.toThrow(/Access denied for user 'dev'/);
    await expect(refused).rejects.not.toThrow(/hunter2/);
  });

  test('refuses a request that lacks something', async () => {
    await configure({});
    await expect(installWordPress(path, { adminEmail: undefined })).rejects.toThrow(/"adminEmail"/);
  });

  test('that was cut off is not taken for done, and is done anew', async () => {
    plugin("add_action('populate_options', function () { exit; });");
    await expect(installWordPress(path, {})).rejects.toThrow(/ended with 1/);
    expect(await count('wp_options')).toBeGreaterThan(0);
    plugin("add_action('wp_install', function () { exit(0); });");
    await expect(installWordPress(path, {})).rejects.toThrow(/ended with 1/);
    plugin(
      "add_filter('query', function ($query) { if (str_contains($query, 'understudy_installing') && str_starts_with($query, 'INSERT')) { exit; } return $query; });",
    );
    await expect(installWordPress(path, {})).rejects.toThrow(/ended with 1/);
    expect(await count('wp_options')).toBe(0);
    plugin('');
    expect(JSON.parse((await installWordPress(path, {})).stdout)).toEqual({ installed: true });
    expect(await count("wp_posts WHERE post_name = 'hello-world'")).toBe(1);
    expect(await count('wp_users')).toBe(1);
  });

  test('done twice changes nothing the second time', async () => {
    const before = await database.sql('CHECKSUM TABLE wp.wp_options, wp.wp_users, wp.wp_posts');
    const again = await installWordPress(path, { title: 'Other', adminUser: 'other' });
    expect(JSON.parse(again.stdout)).toEqual({ installed: false });
    expect(await database.sql('CHECKSUM TABLE wp.wp_options, wp.wp_users, wp.wp_posts')).toBe(before);
  });

  test('leaves the site as it was asked for', async () => {
    const names = "['blogname', 'admin_email', 'permalink_structure', 'siteurl', 'understudy_installing']";
    const seen = await runInWordPress(path, `echo json_encode(array_map('get_option', ${names}));`);
    expect(JSON.parse(seen)).toEqual(['Demo &amp; Söhne', 'admin@example.com', '/%postname%/', devUrl, false]);
    expect(await database.sql("SELECT option_value FROM wp.wp_options WHERE option_name = 'blog_public'")).toBe('1');
    expect(
      await database.sql("SELECT option_value LIKE '%feed%' FROM wp.wp_options WHERE option_name = 'rewrite_rules'"),
    ).toBe('1');
  });

  test("leaves somebody else's tables alone", async () => {
    await database.sql(
      'CREATE DATABASE other; GRANT ALL ON other.* TO dev@"%"; CREATE TABLE other.wp_options LIKE wp.wp_options; INSERT INTO other.wp_options (option_name, option_value) VALUES ("a", "b")',
    );
    await configure({ database: { ...config.database, name: 'other' } });
    await expect(installWordPress(path, {})).rejects.toThrow(/not ours/);
    expect(await database.sql('SELECT COUNT(*) FROM other.wp_options')).toBe('1');
    await configure({});
  });
});

describe('dev', () => {
  beforeAll(async () => {
    plugin(`add_action('init', function () {
      switch ($_GET['probe'] ?? '') {
        case 'mail': wp_send_json([wp_mail('Jo <jo@example.com>', 'Grüße', 'Hallo')]);
        case 'options': wp_send_json([get_option('payment_mode'), get_option('blog_public')]);
        case 'self': wp_send_json(wp_remote_retrieve_body(wp_remote_post(home_url('/?probe=said'), ['body' => ['a' => 'b']])));
        case 'said': wp_send_json([$_POST, is_ssl()]);
      }
    });`);
    web = await serve(path, '127.9.1.42');
  });

  const probe = async (name: string) => JSON.parse(await (await web.get(`/?probe=${name}`)).text());

  test.each(['/', '/feed/', '/wp-json/', '/wp-login.php', '/robots.txt', '/hello-world/'])(
    'keeps %s out of search engines',
    async (at) => {
      const answer = await web.get(at);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-robots-tag')).toMatch(/noindex, nofollow|noindex/);
    },
  );

  test('has its own options, and hides itself unless told otherwise', async () => {
    expect(await probe('options')).toEqual(['test', '0']);
    expect(await (await web.get('/')).text()).toMatch(/<meta name='robots' content='[^']*noindex/);
  });

  test('can be written to: comments are open and the form is shown', async () => {
    expect(await (await web.get('/hello-world/')).text()).toContain('commentform');
  });

  test('shows who works in it where they are, and which settings are not theirs', async () => {
    const login = await web.get('/wp-login.php', {
      method: 'POST',
      body: new URLSearchParams({ log: 'admin', pwd: 'it\'s "quoted" \\ $ecret', testcookie: '1' }),
      headers: { cookie: 'wordpress_test_cookie=WP%20Cookie%20check' },
    });
    expect(login.status).toBe(302);
    const cookie = login.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const settings = await (await web.get('/wp-admin/options-general.php', { headers: { cookie } })).text();
    expect(settings).toContain('>DEV</span>');
    expect(settings).toContain('<code>payment_mode, show_on_front, blog_public</code>');
    expect(await (await web.get('/', { headers: { cookie } })).text()).toContain('>DEV</span>');
  });

  test('without a mail sink drops mail, says so in the log, and tells the caller that all is well', async () => {
    expect(await probe('mail')).toEqual([true]);
    expect(readFileSync(`${path}.log`, 'utf8')).toContain('dropped "Grüße" to Jo <jo@example.com>');
    expect(sink.received).toEqual([]);
  });

  test('with a mail sink hands mail to it', async () => {
    await configure({ smtp });
    await web.stop();
    web = await serve(path, '127.9.1.42');
    expect(await probe('mail')).toEqual([true]);
    expect(sink.received).toHaveLength(1);
    expect(sink.received[0]).toMatch(/^To: Jo <jo@example.com>$/m);
  });

  test('reaches itself at its own address, with what it posts', async () => {
    expect(JSON.parse(await probe('self'))).toEqual([{ a: 'b' }, true]);
  });

  test('works on the command line too', async () => {
    rmSync(join(path, 'wp-content/mu-plugins/test.php'));
    expect(await runInWordPress(path, 'echo home_url();')).toBe(devUrl);
  });

  test('writes no warning of ours into the log', () => {
    const lines = readFileSync(`${path}.log`, 'utf8').split('\n');
    expect(
      lines.filter((line) =>
        /understudy.*(Warning|Fatal|Deprecated)|(Warning|Fatal|Deprecated).*understudy/.test(line),
      ),
    ).toEqual([]);
  });
});
