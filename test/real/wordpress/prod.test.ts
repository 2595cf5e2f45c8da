import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configFor, devUrl, makeDocumentRoot, prodUrl, serve, type Web, writeEdition } from './document-root.js';
import type { MariaDb } from './mariadb.js';
import { makeFolder, runInWordPress, stageDev } from './stage.js';

const folder = makeFolder();
const path = join(folder.path, 'prod');
let database: MariaDb;
let web: Web;

const encoded = encodeURIComponent(devUrl);
const content = `<p>Zebra <a href="${devUrl}/a">a</a> <img src="//dev.demo.localhost:8443/b.png"> <a href="https://share.example/?u=${encoded}%2Fc">c</a></p>`;

/** A plugin as people write them, run by a request for /?probe=NAME. */
const probes = `<?php
add_action('wp_loaded', function () {
    global $wpdb;
    $say = function ($value) { header('Content-Type: application/json'); echo json_encode($value); exit; };
    switch ($_GET['probe'] ?? '') {
        case 'writes': $say([
            'insert' => [$wpdb->insert($wpdb->options, ['option_name' => 'x', 'option_value' => 'ü']), $wpdb->insert_id, $wpdb->last_error],
            'update' => $wpdb->update($wpdb->options, ['option_value' => 'x'], ['option_name' => 'blogname']),
            'delete' => [$wpdb->delete($wpdb->options, ['option_name' => 'blogname']), $wpdb->rows_affected],
            'create' => $wpdb->query('CREATE TABLE x (y int)'),
            'locked' => $wpdb->get_results("SELECT * FROM $wpdb->options FOR UPDATE"),
            'option' => [update_option('blogname', 'changed'), add_option('y', 1), get_option('blogname'), get_option('y')],
            'post' => wp_insert_post(['post_title' => 't', 'post_content' => 'c']),
            'comment' => wp_insert_comment(['comment_post_ID' => 1, 'comment_content' => 'x']),
            'errors' => $GLOBALS['EZSQL_ERROR'] ?? [],
        ]);
        case 'reads': $say([
            'found' => [count($wpdb->get_col("SELECT SQL_CALC_FOUND_ROWS option_id FROM $wpdb->options LIMIT 2")), $wpdb->get_var('SELECT FOUND_ROWS()') > 50],
            'show' => count($wpdb->get_results("SHOW TABLES")) > 5,
            'describe' => $wpdb->get_results("DESCRIBE $wpdb->options")[0]->Field,
            'session' => [$wpdb->query("SET SESSION group_concat_max_len = 4096"), $wpdb->get_var('SELECT @@SESSION.group_concat_max_len')],
            'text' => $wpdb->get_var($wpdb->prepare('SELECT %s', "50% 'für' 😀")),
            'error' => [$wpdb->suppress_errors(), $wpdb->query('SELECT nothing FROM nowhere'), $wpdb->last_error !== ''],
            'slow' => [$wpdb->get_var('SELECT SLEEP(1.2)'), $wpdb->last_error],
        ]);
        case 'options': $say(array_map('get_option', explode(',', $_GET['names'])));
        case 'transient': $say([get_transient('t'), set_transient('t', $_GET['value'], 300), get_transient('t')]);
        case 'mail': $say([wp_mail('jo@example.com', 's', 'm'), did_action('phpmailer_init')]);
        case 'schedule': $say([wp_schedule_single_event(time() + 60, 'h'), wp_clear_scheduled_hook('h')]);
        case 'redirect': wp_safe_redirect('${devUrl}/target/?to=${encoded}', 301); exit;
        case 'headers':
            header('Link: <${devUrl}/a>; rel="a"'); header('Link: <https://other.example/>; rel="b"', false);
            header('X-Status: ${devUrl}'); status_header(418); echo 'x'; exit;
        case 'length': header('Content-Type: text/plain'); $body = 'a ${devUrl} b'; header('Content-Length: ' . strlen($body)); echo $body; exit;
        case 'nested': header('Content-Type: application/json'); echo json_encode(['html' => json_encode(['u' => '${devUrl}/'])]); exit;
        case 'binary': header('Content-Type: application/pdf'); $body = '%PDF ${devUrl}'; header('Content-Length: ' . strlen($body)); echo $body; exit;
        case 'big':
            header('Content-Type: ' . $_GET['type']);
            for ($i = 0; $i < 30; $i++) { echo str_repeat('${devUrl}/ ', 1 << 15); }
            exit;
        case 'flushed': header('Content-Type: text/event-stream'); echo "data: ${devUrl}\\n\\n"; ob_flush(); flush(); echo headers_sent() ? 'sent' : 'kept'; exit;
        case 'cleaned': echo 'old ${devUrl}'; while (ob_get_level()) { ob_end_clean(); } header('Content-Type: image/png'); echo 'png'; exit;
        case 'self': $say(array_map(function ($url) {
            $answer = wp_remote_get($url, ['timeout' => 5, 'redirection' => 3]);
            return is_wp_error($answer) ? $answer->get_error_message() : [wp_remote_retrieve_response_code($answer), json_decode(wp_remote_retrieve_body($answer), true)];
        }, (array) $_GET['url']));
        case 'who': $say(['host' => $_SERVER['HTTP_HOST'], 'raw' => getallheaders(), 'path' => $_SERVER['REQUEST_URI']]);
        case 'hop': wp_redirect(WP_HOME . '/?probe=who'); exit;
        case 'user': $say(get_current_user_id());
    }
});`;

beforeAll(async () => {
  const dev = await stageDev(folder.path, '127.9.0.21');
  database = dev.database;
  const post = JSON.stringify({
    post_title: 'Zebra',
    post_name: 'zebra',
    post_status: 'publish',
    post_content: content,
  });
  await runInWordPress(
    dev.path,
    `kses_remove_filters(); wp_insert_post(wp_slash(json_decode(${JSON.stringify(post)}, true)));`,
  );
  const config = {
    ...configFor('prod', database.host),
    options: { blogdescription: 'prod only', payment: { mode: 'live' }, flag: false, number: 0 },
  };
  await makeDocumentRoot(path, config, editionAt(3));
  writeFileSync(join(path, 'wp-content/mu-plugins/probes.php'), probes);
  web = await serve(path, '127.9.1.21', { memory_limit: '64M' });
}, 60_000);

afterAll(async () => {
  await web?.stop();
  await database?.kill();
  folder.remove();
});

const editionAt = (id: number) => ({
  id,
  release: 2,
  position: '0-1-42',
  replicas: [{ id: 'replica-1', host: '127.9.0.21:3306' }],
  endpoint: null,
});

const log = () => readFileSync(`${path}.log`, 'utf8');
const probe = async (name: string) => JSON.parse(await (await web.get(`/?probe=${name}`)).text());

describe('pages of prod, whose account may only SELECT', () => {
  test.each([
    ['/', 200, 'text/html', 'Zebra'],
    ['/zebra/', 200, 'text/html', `href="${prodUrl}/a"`],
    ['/feed/', 200, 'application/rss+xml', `${prodUrl}/zebra/`],
    ['/wp-json/', 200, 'application/json', '"name":"Demo &amp; S\\u00f6hne"'],
    ['/wp-json/wp/v2/posts', 200, 'application/json', 'https:\\/\\/demo.localhost:8443\\/zebra\\/'],
    ['/wp-sitemap.xml', 200, 'application/xml', prodUrl],
    ['/?s=zebra', 200, 'text/html', 'Zebra'],
    ['/?s=%C3%BCml%C3%A4ut%20%F0%9F%98%80', 200, 'text/html', '<html'],
    ['/?s=%FF%FE', 200, 'text/html', '<html'],
    ['/robots.txt', 200, 'text/plain', `Sitemap: ${prodUrl}/wp-sitemap.xml`],
    ['/nothing-there/', 404, 'text/html', '<html'],
  ])("%s answers %i without a trace of dev's address", async (at, status, type, expected) => {
    const answer = await web.get(at);
    const body = await answer.text();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain(type);
    expect(body).toContain(expected);
    expect(body).not.toMatch(/dev\.demo\.localhost/);
    expect(answer.headers.get('x-robots-tag') ?? '').not.toContain('nofollow');
  });

  test('a page and its links stay in prod wherever the request claims to come from', async () => {
    const answer = await web.get('/', { headers: { 'X-Forwarded-Proto': 'http' } });
    expect(answer.status).toBe(200);
    expect((await web.get('/?p=1')).headers.get('location')).toBe(`${prodUrl}/hello-world/`);
  });

  test('show no comment form and announce no XML-RPC', async () => {
    const answer = await web.get('/hello-world/');
    const body = await answer.text();
    expect(body).not.toMatch(/commentform|wp-comments-post|xmlrpc/);
    expect(answer.headers.get('x-pingback')).toBeNull();
  });
});

describe('what would write', () => {
  const form = (body: string): RequestInit => ({
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });

  test.each([
    ['a comment', '/wp-comments-post.php', 'comment_post_ID=1&author=jo&email=jo@example.com&comment=hi'],
    ['a login', '/wp-login.php', 'log=admin&pwd=x'],
    ['a lost password', '/wp-login.php?action=lostpassword', 'user_login=admin'],
    ['a registration', '/wp-login.php?action=register', 'user_login=jo&user_email=jo@example.com'],
    ['XML-RPC', '/xmlrpc.php', '<methodCall><methodName>system.listMethods</methodName></methodCall>'],
    ['cron', '/wp-cron.php?doing_wp_cron', ''],
    ['the installer', '/wp-admin/install.php', ''],
    ['an upgrade', '/wp-admin/upgrade.php?step=1', ''],
  ])('%s is refused with 403', async (_, at, body) => {
    const answer = await web.get(at, form(body));
    expect(answer.status).toBe(403);
    expect(answer.headers.get('cache-control')).toMatch(/no-store|no-cache/);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s to the REST API is refused in words', async (method) => {
    const answer = await web.get('/wp-json/wp/v2/posts/1', { method });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      code: 'understudy_read_only',
      message: expect.stringMatching(/read-only/),
    });
  });

  test('a read that claims to be a write is refused too', async () => {
    expect((await web.get('/wp-json/wp/v2/posts/1?_method=DELETE')).status).toBe(403);
  });

  test('a trackback and the administration get no further, and nothing ends in 500', async () => {
    const trackback = await web.get('/hello-world/trackback/', form('url=http://x.example&title=x'));
    expect(await trackback.text()).toMatch(/closed/);
    expect((await web.get('/wp-admin/')).status).toBe(302);
    expect((await web.get('/wp-admin/admin-post.php', form('action=x'))).status).toBe(403);
    expect((await web.get('/wp-admin/admin-ajax.php', form('action=x'))).status).toBe(400);
  });

  test('at the database is dropped as if it had touched no row', async () => {
    expect(await probe('writes')).toEqual({
      insert: [0, 0, ''],
      update: 0,
      delete: [0, 0],
      create: true,
      locked: [],
      option: [false, false, 'Demo &amp; Söhne', false],
      post: 0,
      comment: false,
      errors: [],
    });
    expect(log().match(/write\(s\) were dropped, the first: INSERT INTO `wp_options`/g)).toHaveLength(1);
    expect(await database.sql("SELECT COUNT(*) FROM wp.wp_options WHERE option_name IN ('x', 'y')")).toBe('0');
  });

  test('is nothing that reads: counts, SHOW, session settings, errors and slow queries are as ever', async () => {
    expect(await probe('reads')).toEqual({
      found: [2, true],
      show: true,
      describe: 'option_id',
      session: [0, '4096'],
      text: "50% 'für' 😀",
      error: [false, false, true],
      slow: ['0', ''],
    });
  });

  test('nobody is logged in, not even with a valid password', async () => {
    const authorization = `Basic ${Buffer.from('admin:it\'s "quoted" \\ $ecret').toString('base64')}`;
    expect(await (await web.get('/?probe=user', { headers: { authorization } })).json()).toBe(0);
  });

  test('mail is not sent and events are not scheduled, without complaint', async () => {
    expect(await probe('mail')).toEqual([true, 0]);
    expect(await probe('schedule')).toEqual([true, 0]);
  });
});

test("the environment's options stand over those of the database, false and 0 included", async () => {
  expect(await probe('options&names=blogdescription,payment,flag,number,blogname')).toEqual([
    'prod only',
    { mode: 'live' },
    '0',
    '0',
    'Demo &amp; Söhne',
  ]);
  expect(await database.sql("SELECT COUNT(*) FROM wp.wp_options WHERE option_value = 'prod only'")).toBe('0');
});

describe("dev's address on its way out", () => {
  test('is replaced in redirects, which stay permanent and within the site', async () => {
    const answer = await web.get('/?probe=redirect');
    expect(answer.status).toBe(301);
    expect(answer.headers.get('location')).toBe(`${prodUrl}/target/?to=${encodeURIComponent(prodUrl)}`);
  });

  test('is replaced in headers, and the others of that name and the status stay', async () => {
    const answer = await web.get('/?probe=headers');
    expect(answer.status).toBe(418);
    expect(answer.headers.get('link')).toBe(`<${prodUrl}/a>; rel="a", <https://other.example/>; rel="b"`);
    expect(answer.headers.get('x-status')).toBe(prodUrl);
  });

  test('is replaced in text whose length was announced', async () => {
    const answer = await web.get('/?probe=length');
    expect(await answer.text()).toBe(`a ${prodUrl} b`);
    expect(answer.headers.get('content-length')).toBe(String(`a ${prodUrl} b`.length));
    const head = await web.get('/?probe=length', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, null]);
  });

  test('is replaced in JSON within JSON', async () => {
    expect(JSON.parse((await probe('nested')).html)).toEqual({ u: `${prodUrl}/` });
  });

  test('is left alone in a download, of which nothing changes', async () => {
    const answer = await web.get('/?probe=binary');
    expect(answer.headers.get('content-length')).toBe(String(`%PDF ${devUrl}`.length));
    expect(await answer.text()).toBe(`%PDF ${devUrl}`);
  });

  test.each([
    ['text/csv', prodUrl],
    ['application/zip', devUrl],
  ])('in 35 MB of %s needs no memory for the whole', async (type, url) => {
    const body = await (await web.get(`/?probe=big&type=${type}`)).text();
    const parts = body.split(' ');
    expect(parts).toHaveLength(30 * 2 ** 15 + 1);
    expect(parts.filter((part) => part !== `${url}/`)).toEqual(['']);
  });

  test('does not hold up what a page flushes on purpose, nor what cleans every buffer', async () => {
    expect(await (await web.get('/?probe=flushed')).text()).toBe(`data: ${prodUrl}\n\nsent`);
    const image = await web.get('/?probe=cleaned');
    expect([image.headers.get('content-type'), await image.text()]).toEqual(['image/png', 'png']);
  });
});

describe("the site's requests to itself", () => {
  const ask = (...urls: string[]) => probe(`self&${urls.map((url) => `url[]=${encodeURIComponent(url)}`).join('&')}`);

  test('reach this instance with name and scheme, by either address, redirects included', async () => {
    const expected = [200, { host: 'demo.localhost:8443', path: '/?probe=who', raw: expect.anything() }];
    const answers = await ask(`${prodUrl}/?probe=who`, `${devUrl}/?probe=who`, `${prodUrl}/?probe=hop`);
    expect(answers).toEqual([expected, expected, expected]);
    expect(answers[0][1].raw).toMatchObject({ Host: 'demo.localhost:8443', 'X-Forwarded-Proto': 'https' });
  });

  test('are told from requests to others, which are left alone', async () => {
    const [other, port] = await ask('http://127.9.1.21:8080/?probe=who', 'https://demo.localhost/?probe=who');
    expect(other[1].raw).toMatchObject({ Host: '127.9.1.21:8080' });
    expect(other[1].raw).not.toHaveProperty('X-Forwarded-Proto');
    expect(port).toMatch(/resolve|refused|connect/i);
  });
});

test('transients live in memory, and a new edition begins without those of the old one', async () => {
  const transient = (value: string) => probe(`transient&value=${value}`);
  expect(await transient('a')).toEqual([false, true, 'a']);
  expect(await transient('b')).toEqual(['a', true, 'b']);
  await writeEdition(path, editionAt(4));
  expect(await transient('c')).toEqual([false, true, 'c']);
  await writeEdition(path, editionAt(3));
  expect(await transient('d')).toEqual(['b', true, 'd']);
});

test('all of this leaves no warning of ours in the log', () => {
  const lines = log().split('\n');
  expect(lines.filter((line) => /PHP |Fatal|Warning|Deprecated/.test(line))).toEqual([]);
});
