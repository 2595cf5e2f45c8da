import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../src/process/wait.js';
import { mustSucceed, TestInstance } from './instance.js';
import { writeRelease } from './release.js';

describe('a PHP site that serves a folder of its release', { timeout: 30_000 }, () => {
  const instance = new TestInstance('127.8.4.1', {
    APP_KIND: 'php',
    PUBLIC_PATH: 'web/public',
    MEDIA_PATH: 'web/public/files',
    HEALTH_PATH: '/up',
  });
  const files = {
    'src/app.php': '<?php function answer() { return bin2hex(random_bytes(8)); }',
    'secret.txt': 'above what is served',
    'web/public/index.php':
      "<?php require dirname(__DIR__, 2) . '/src/app.php'; if (isset($_GET['who'])) exit(json_encode([$_SERVER['REMOTE_ADDR'], $_SERVER['HTTPS'] ?? 'off', $_SERVER['HTTP_X_FORWARDED_PROTO'], $_SERVER['HTTP_X_FORWARDED_FOR']])); if (isset($_GET['age'])) header('Cache-Control: max-age=' . $_GET['age']); echo answer();",
    'web/public/wp-login.php': '<?php echo "nothing special here";',
    'web/public/style.css': 'css',
  };
  const twice = async (path: string, headers: Record<string, string> = {}) => {
    const [first, second] = [await instance.ask(path, { headers }), await instance.ask(path, { headers })];
    return first.body === second.body ? 'kept' : 'asked again';
  };

  beforeAll(async () => {
    await instance.start();
    expect((await instance.ask('/')).status).toBe(503);
    writeFileSync(join(instance.media, 'a.txt'), 'media');
    writeFileSync(join(instance.media, 'a.php'), '<?php echo "uploaded";');
    await instance.serve(1, files);
  }, 30_000);
  afterAll(() => instance.remove());

  it('serves that folder and its media, and nothing above', async () => {
    expect((await instance.ask('/')).headers['x-understudy-edition']).toBe('1');
    expect((await instance.ask('/style.css')).body).toBe('css');
    expect((await instance.ask('/files/a.txt')).body).toBe('media');
    expect((await instance.ask('/files/a.php')).status).toBe(404);
    for (const path of ['/../../secret.txt', '/..%2f..%2fsecret.txt', '/secret.txt', '/web/public/style.css']) {
      expect((await instance.ask(path)).body, path).not.toMatch(/above|css/);
    }
  });

  it('has none of the rules that are for WordPress', async () => {
    expect((await instance.ask('/wp-login.php')).body).toBe('nothing special here');
  });

  it('keeps pages, unless the application or a session forbids it', async () => {
    expect(await twice('/page')).toBe('kept');
    expect(await twice('/page?age=0')).toBe('asked again');
    expect(await twice('/page', { Cookie: 'PHPSESSID=1' })).toBe('asked again');
    expect(await twice('/page', { Cookie: 'laravel_session=1' })).toBe('asked again');
  });

  it('believes nobody about the visitor when no proxy is trusted', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' };
    const seen = JSON.parse((await instance.ask('/?who', { headers })).body);
    expect([seen[1], seen[2], seen[3]]).toEqual(['off', 'http', seen[0]]);
    expect(seen[0]).toMatch(/^127\./);
  });

  it('asks the application for its health page each time', async () => {
    expect(await twice('/up')).toBe('asked again');
    expect(await twice('/up/other')).toBe('kept');
  });

  it('shows the second edition after the switch', async () => {
    await writeRelease(instance.releases, 2, { ...files, 'web/public/style.css': 'newer' });
    mustSucceed(await instance.prepare(2));
    expect((await instance.ask('/style.css', { preview: true })).body).toBe('newer');
    expect((await instance.ask('/style.css')).body).toBe('css');
    mustSucceed(await instance.agent('switch', '--edition', '2'));
    expect((await instance.ask('/style.css')).body).toBe('newer');
  });
});

describe('dev', { timeout: 30_000 }, () => {
  const instance = new TestInstance('127.8.4.2', { ENVIRONMENT: 'dev', INSTANCE_ID: 'dev-1' });
  const put = (path: string, content: string) => writeFileSync(join(instance.documentRoot, path), content);

  beforeAll(async () => {
    put('index.php', '<?php echo $_SERVER["REQUEST_URI"], " ", $_SERVER["REQUEST_METHOD"];');
    put('wp-login.php', '<?php echo "login form";');
    put('wp-config.php', '<?php echo "password";');
    put('style.css', 'css');
    await instance.start();
  }, 30_000);
  afterAll(() => instance.remove());

  it('serves the shared directory, uncached, and asks search engines to stay away', async () => {
    const { headers, body } = await instance.ask('/a/?utm_source=x', { method: 'POST' });
    expect(body).toBe('/a/?utm_source=x POST');
    expect(headers['x-robots-tag']).toBe('noindex, nofollow');
    expect(headers['x-understudy-cache']).toBeUndefined();
    const css = await instance.ask('/style.css');
    expect([css.headers['cache-control'], css.headers['x-robots-tag']]).toEqual(['no-cache', 'noindex, nofollow']);
  });

  it('lets people log in, and keeps its configuration to itself', async () => {
    expect((await instance.ask('/wp-login.php')).body).toBe('login form');
    expect((await instance.ask('/wp-config.php')).status).toBe(404);
  });

  it('is healthy without a look at the shared directory', async () => {
    expect(JSON.parse((await instance.ask('/-/health')).body)).toEqual({
      status: 'ok',
      instance: 'dev-1',
      edition: null,
    });
  });

  it('shows an edit within seconds', async () => {
    put('index.php', '<?php echo "edited, and longer than before so that nobody mistakes it";');
    await waitUntil(async () => (await instance.ask('/')).body.startsWith('edited'), {
      what: 'the edit',
      deadlineMs: 6_000,
    });
  });

  it('has no server for previews, and no editions', async () => {
    await expect(instance.ask('/', { preview: true })).rejects.toThrow('ECONNREFUSED');
    const { exitCode, stderr } = await instance.agent('report');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('dev, which has no editions')]);
  });

  it('says whether a request may be repeated elsewhere: not where PHP died over it, and where it was not reached', async () => {
    put('dies.php', '<?php posix_kill(getmypid(), 9);');
    expect((await instance.ask('/dies.php')).status).toBe(502);
    await instance.killPhp();
    expect((await instance.ask('/index.php')).status).toBe(503);
  });
});
