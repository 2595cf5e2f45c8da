import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { mustSucceed, TestInstance } from './instance.js';
import { writeRelease } from './release.js';

/** An application that does what its query says, and tells how it was asked. */
const app = `<?php
$do = $_GET['do'] ?? '';
$state = dirname(__DIR__, 2) . '/tmp/state';
if (is_file($state)) { http_response_code((int) file_get_contents($state)); header('X-Accel-Expires: 1'); exit('broken'); }
if ($do === 'slow') { sleep(3); }
if ($do === 'cookie') { setcookie('a', 'b'); }
if ($do === 'missing') { http_response_code(404); header('Cache-Control: no-cache, no-store, private'); }
if ($do === 'nostore') { header('Cache-Control: no-store'); }
if ($do === 'brief') { header('X-Accel-Expires: 1'); }
header('Content-Type: application/json');
echo json_encode(['edition' => (require __DIR__ . '/edition.php')['id'], 'nonce' => bin2hex(random_bytes(8)),
  'server' => array_intersect_key($_SERVER, array_flip(['HTTPS', 'SERVER_PORT', 'REQUEST_SCHEME', 'REMOTE_ADDR',
    'HTTP_HOST', 'REQUEST_URI', 'QUERY_STRING', 'REQUEST_METHOD', 'DOCUMENT_ROOT', 'SCRIPT_FILENAME', 'PATH_INFO',
    'HTTP_X_FORWARDED_PROTO', 'UNDERSTUDY_ORIGIN']))]);
`;
const files = {
  'index.php': app,
  'wp-login.php': '<?php echo "login form";',
  'xmlrpc.php': '<?php echo "xmlrpc";',
  'wp-admin/index.php': '<?php echo "dashboard";',
  'wp-admin/admin-ajax.php': '<?php echo "ajax ", $_SERVER["REQUEST_METHOD"];',
  'wp-admin/css/common.css': 'body{}',
  'wp-content/understudy/part.php': '<?php echo "drop-in";',
  'wp-content/db.php': '<?php echo "drop-in";',
  'wp-content/mu-plugins/understudy.php': '<?php echo "mu";',
  'wp-content/debug.log': 'secrets',
  'wp-content/themes/a/style.css': 'body{color:red}',
  'wp-content/themes/a/logo.png': 'png',
  '.env': 'SECRET=1',
  '.well-known/security.txt': 'contact',
  'backup.sql.gz': 'dump',
  'composer.json': '{}',
};

describe('prod', { timeout: 30_000 }, () => {
  const instance = new TestInstance('127.8.2.1', { TRUSTED_PROXIES: '127.8.2.0/24 127.0.0.1' });
  const state = join(instance.root, 'tmp/state');
  const nonceOf = (body: string) => JSON.parse(body).nonce as string;
  const cacheOf = async (path: string, headers: Record<string, string> = {}) =>
    (await instance.ask(path, { headers })).headers['x-understudy-cache'];

  beforeAll(async () => {
    writeFileSync(join(instance.config, 'wp-config.php'), '<?php // password');
    await instance.start();
    mkdirSync(join(instance.media, '2024'));
    writeFileSync(join(instance.media, '2024/photo.jpg'), 'jpg');
    writeFileSync(join(instance.media, '2024/shell.php'), '<?php echo "uploaded";');
    await instance.serve(1, files);
  }, 30_000);
  afterAll(() => instance.remove());

  it('serves the edition and names it', async () => {
    const { status, headers, body } = await instance.ask('/');
    expect(status).toBe(200);
    expect(headers['x-understudy-edition']).toBe('1');
    expect(JSON.parse(body).server.DOCUMENT_ROOT).toBe(join(instance.root, 'editions/1'));
  });

  it('keeps the page of an anonymous visitor, for HEAD too, with its whole body', async () => {
    const head = await instance.ask('/about/', { method: 'HEAD' });
    expect(head.headers['x-understudy-cache']).toBe('MISS');
    const first = await instance.ask('/about/');
    expect(first.headers['x-understudy-cache']).toBe('HIT');
    expect(nonceOf(first.body)).toBe(nonceOf((await instance.ask('/about/')).body));
  });

  it('shares one page between visitors who differ in tracking parameters only, and PHP does not see those', async () => {
    const { body } = await instance.ask('/shop/?a=1&utm_source=x&b=%20&fbclid=9&gclid=');
    expect(JSON.parse(body).server).toMatchObject({ REQUEST_URI: '/shop/?a=1&b=%20', QUERY_STRING: 'a=1&b=%20' });
    for (const query of [
      'a=1&b=%20',
      'utm_medium=m&a=1&b=%20&utm_term',
      'a=1&_ga=1.2&b=%20',
      'gclid=1&a=1&fbclid=2&b=%20&mc_cid=3',
    ]) {
      expect(await cacheOf(`/shop/?${query}`), query).toBe('HIT');
    }
    for (const query of ['b=%20&a=1', 'a=1', 'a=1&b=%20&utm=1', 'a=1&b=%20&fbclidx=1', 'xfbclid=1&a=1&b=%20']) {
      expect(await cacheOf(`/shop/?${query}`), query).toBe('MISS');
    }
    await instance.ask('/only/?utm_source=x');
    expect(await cacheOf('/only/')).toBe('HIT');
  });

  it('keeps pages of another host or scheme apart', async () => {
    await instance.ask('/apart/', { headers: { Host: 'a.example.com' } });
    expect(await cacheOf('/apart/', { Host: 'a.example.com' })).toBe('HIT');
    expect(await cacheOf('/apart/', { Host: 'b.example.com' })).toBe('MISS');
    expect(await cacheOf('/apart/', { Host: 'a.example.com', 'X-Forwarded-Proto': 'https' })).toBe('MISS');
  });

  it('asks PHP for every visitor whose page may be their own', async () => {
    await instance.ask('/own/');
    for (const cookie of ['wordpress_logged_in_x=1', 'a=b; comment_author_x=1', 'wp-postpass_x=1']) {
      expect(await cacheOf('/own/', { Cookie: cookie }), cookie).toBe('BYPASS');
    }
    expect(await cacheOf('/own/', { Authorization: 'Basic eDp5' })).toBe('BYPASS');
    expect(await cacheOf('/own/', { Cookie: '_ga=1' })).toBe('HIT');
  });

  it('never keeps an answer that sets a cookie or forbids it', async () => {
    for (const path of ['/?do=cookie', '/?do=nostore']) {
      await instance.ask(path);
      expect(await cacheOf(path), path).toBe('MISS');
    }
  });

  it('keeps a page that is missing, although WordPress marks it', async () => {
    await instance.ask('/?do=missing');
    const again = await instance.ask('/?do=missing');
    expect([again.status, again.headers['x-understudy-cache']]).toEqual([404, 'HIT']);
  });

  it('believes trusted proxies about the scheme and the visitor', async () => {
    const headers = { Host: 'www.example.com', 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.9' };
    const { body } = await instance.ask('/proxied/', { headers });
    expect(JSON.parse(body).server).toMatchObject({
      HTTPS: 'on',
      SERVER_PORT: '443',
      REQUEST_SCHEME: 'https',
      REMOTE_ADDR: '203.0.113.9',
      HTTP_HOST: 'www.example.com',
      UNDERSTUDY_ORIGIN: 'http://127.8.2.1:8080',
    });
    const other = await instance.ask('/proxied/', { headers: { ...headers, Host: 'www.example.com:8443' } });
    expect(JSON.parse(other.body).server).toMatchObject({ SERVER_PORT: '8443' });
  });

  it('shows its servers to nobody whom a proxy brings from elsewhere', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.9' };
    expect((await instance.ask('/-/nginx-status', { headers })).status).toBe(403);
    expect((await instance.ask('/-/fpm-status', { headers })).status).toBe(403);
  });

  it.each([
    '/wp-login.php',
    '/wp-login.php?action=lostpassword',
    '/wp-admin/',
    '/wp-admin',
    '/wp-admin/post.php',
    '/blog/wp-admin/',
    '/xmlrpc.php',
    '/wp-cron.php',
    '/wp-signup.php',
    '/wp-activate.php',
    '/wp-comments-post.php',
    '/wp-trackback.php',
  ])('answers %s before WordPress, saying where to make the change', async (path) => {
    for (const [method, status] of [
      ['GET', 403],
      ['POST', 405],
    ] as const) {
      const { status: got, headers, body } = await instance.ask(path, { method });
      expect(got).toBe(status);
      expect(headers['cache-control']).toBe('no-store');
      expect(body).toContain('This site is read-only');
      expect(body).toContain('https://dev.demo.localhost/');
    }
  });

  it('lets themes read through admin-ajax.php, uncached, and use files of the dashboard', async () => {
    const ajax = await instance.ask('/wp-admin/admin-ajax.php?action=more', { method: 'POST' });
    expect(ajax.body).toBe('ajax POST');
    expect(ajax.headers['x-understudy-cache']).toBeUndefined();
    expect((await instance.ask('/wp-admin/css/common.css')).status).toBe(200);
  });

  it('refuses a REST request that would write, in its own form', async () => {
    for (const path of ['/wp-json/wp/v2/comments', '/?rest_route=/wp/v2/comments', '/index.php?x=1&rest_route=/x']) {
      const { status, body } = await instance.ask(path, { method: 'POST' });
      expect(status).toBe(405);
      expect(JSON.parse(body)).toMatchObject({ code: 'understudy_read_only' });
    }
    expect((await instance.ask('/wp-json/wp/v2/posts')).status).toBe(200);
    expect((await instance.ask('/contact/', { method: 'POST' })).status).toBe(200);
  });

  it.each([
    '/wp-config.php',
    '/WP-CONFIG.php',
    '/wp-config.php/x',
    '/wp-config.php.bak',
    '/edition.php',
    '/.env',
    '/.edition.php',
    '/wp-content/uploads/2024/shell.php',
    '/wp-content/uploads/2024/shell.php/x.jpg',
    '/wp-content/uploads/2024/../2024/shell.php',
    '/wp-content/db.php',
    '/wp-content/understudy/part.php',
    '/wp-content/mu-plugins/understudy.php',
    '/wp-content/debug.log',
    '/backup.sql.gz',
    '/composer.json',
    '/-/page/nothing-promoted.html',
    '/-/file/read-only.html',
    '/-/anything',
    '/%2e%65nv',
    '/wp-content/../../../etc/php-fpm.conf',
  ])('never serves %s', async (path) => {
    const { status, body } = await instance.ask(path);
    expect(status === 404 || status === 400).toBe(true);
    expect(body).not.toMatch(/SECRET|uploaded|drop-in|password|contact|dump|php-fpm/);
  });

  it('serves files from disk, to be asked for again soon', async () => {
    const css = await instance.ask('/wp-content/themes/a/style.css?ver=1');
    expect([css.status, css.body, css.headers['cache-control']]).toEqual([
      200,
      'body{color:red}',
      'public, max-age=600',
    ]);
    const again = await instance.ask('/wp-content/themes/a/style.css', {
      headers: { 'If-None-Match': `${css.headers.etag}` },
    });
    expect(again.status).toBe(304);
    expect((await instance.ask('/wp-content/uploads/2024/photo.jpg')).body).toBe('jpg');
    expect((await instance.ask('/.well-known/security.txt')).body).toBe('contact');
    expect((await instance.ask('/wp-content/themes/a')).headers.location).toBe('/wp-content/themes/a/');
  });

  it('passes what stands behind a script on as PATH_INFO', async () => {
    const { body } = await instance.ask('/index.php/2024/post/');
    expect(JSON.parse(body).server).toMatchObject({ PATH_INFO: '/2024/post/' });
  });

  it('shows an old page while the application answers 500, and new ones as they are', async () => {
    const first = await instance.ask('/?do=brief');
    writeFileSync(state, '500');
    const stale = await waitUntil(
      async () => {
        const answer = await instance.ask('/?do=brief');
        return answer.headers['x-understudy-cache'] === 'STALE' && answer;
      },
      { what: 'the page to grow old', deadlineMs: 5_000, everyMs: 100 },
    );
    expect(stale.status).toBe(200);
    expect(nonceOf(stale.body)).toBe(nonceOf(first.body));
    expect((await instance.ask('/never-seen/')).status).toBe(500);
    await run('rm', [state]);
  });

  it('stays healthy while every worker of the site is busy', async () => {
    const busy = Array.from({ length: 8 }, (_, n) => instance.ask(`/?do=slow&n=${n}`));
    await waitUntil(
      async () => Number(JSON.parse((await instance.ask('/-/fpm-status?json')).body)['idle processes']) === 0,
      {
        what: 'the workers to be busy',
        deadlineMs: 5_000,
      },
    );
    const started = performance.now();
    expect((await instance.ask('/-/health')).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect((await Promise.all(busy)).map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  it('shows old pages while PHP-FPM is gone, and is not healthy', async () => {
    await instance.ask('/?do=brief&x');
    await instance.ask('/kept/');
    await instance.killPhp();
    expect((await instance.ask('/-/health')).status).toBe(502);
    expect((await instance.ask('/kept/')).status).toBe(200);
    await waitUntil(async () => (await instance.ask('/?do=brief&x')).headers['x-understudy-cache'] === 'STALE', {
      what: 'the page to grow old',
      deadlineMs: 5_000,
      everyMs: 100,
    });
    expect((await instance.ask('/never-seen/')).status).toBe(502);
    await instance.startPhp();
    await waitUntil(async () => (await instance.ask('/-/health')).status === 200, { what: 'PHP', deadlineMs: 5_000 });
  });

  it('writes a line for each request that a program can read', async () => {
    await instance.ask('/logged/?q="x"', { headers: { 'User-Agent': 'a "quoted"\ttester' } });
    const line = await waitUntil(
      () =>
        readFileSync(join(instance.root, 'logs/access.log'), 'utf8')
          .split('\n')
          .find((text) => text.includes('/logged/')),
      { what: 'the line to be written', deadlineMs: 5_000 },
    );
    expect(JSON.parse(line)).toMatchObject({
      host: '127.8.2.1:8080',
      status: 200,
      cache: 'MISS',
      edition: '1',
      method: 'GET',
    });
  });

  it('shows a prepared edition on the preview server only, and what is warmed there is what the switch serves', async () => {
    await writeRelease(instance.releases, 2, files);
    mustSucceed(await instance.prepare(2));
    const headers = { Host: 'www.example.com', 'X-Forwarded-Proto': 'https' };
    const warmed = await instance.ask('/warm/', { headers, preview: true });
    expect(JSON.parse(warmed.body).edition).toBe(2);
    expect(JSON.parse((await instance.ask('/warm/', { headers })).body).edition).toBe(1);
    expect(JSON.parse((await instance.ask('/-/health', { preview: true })).body).edition).toBe(2);

    mustSucceed(await instance.agent('switch', '--edition', '2'));
    const switched = await instance.ask('/warm/', { headers });
    expect([switched.headers['x-understudy-cache'], switched.headers['x-understudy-edition']]).toEqual(['HIT', '2']);
    expect(nonceOf(switched.body)).toBe(nonceOf(warmed.body));

    mustSucceed(await instance.agent('switch', '--edition', '1'));
    const back = await instance.ask('/warm/', { headers });
    expect([back.headers['x-understudy-cache'], JSON.parse(back.body).edition]).toEqual(['HIT', 1]);
  });

  it('sees a revised edition.php at once, although OPcache looks at no time stamps', async () => {
    expect(JSON.parse((await instance.ask('/revised/?1')).body).edition).toBe(1);
    const editionFile = join(instance.directory, 'revised.php');
    writeFileSync(editionFile, "<?php return ['id' => 77];\n");
    mustSucceed(await instance.agent('revise', '--edition', '1', '--edition-file', editionFile));
    expect(JSON.parse((await instance.ask('/revised/?2')).body).edition).toBe(77);
  });

  it('keeps pages of an edition that follows dev for five seconds at most, and shares them meanwhile', async () => {
    const editionFile = join(instance.directory, 'following.php');
    writeFileSync(editionFile, "<?php return ['id' => 1,\n    'following' => true,\n];\n");
    await instance.ask('/followed/');
    mustSucceed(await instance.agent('revise', '--edition', '1', '--edition-file', editionFile));
    const bornAt = new Map<string, number>();
    const seen = new Set<unknown>();
    await waitUntil(
      async () => {
        const { body, headers } = await instance.ask('/followed/');
        const born = bornAt.get(nonceOf(body)) ?? Date.now();
        bornAt.set(nonceOf(body), born);
        seen.add(headers['x-understudy-cache']);
        expect(Date.now() - born).toBeLessThan(5_500);
        return bornAt.size >= 3;
      },
      { what: 'two changes of the page', deadlineMs: 20_000, everyMs: 100 },
    );
    expect([...seen].sort()).toEqual(['HIT', 'MISS']);
    writeFileSync(editionFile, "<?php return ['id' => 1];\n");
    mustSucceed(await instance.agent('revise', '--edition', '1', '--edition-file', editionFile));
    expect(await cacheOf('/followed/')).toBe('HIT');
  });

  it('is switched back to nothing', async () => {
    mustSucceed(await instance.agent('switch', '--edition', '0'));
    expect((await instance.ask('/')).status).toBe(503);
  });
});
