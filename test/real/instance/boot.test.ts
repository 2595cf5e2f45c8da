import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/process/run.js';
import { isRoot, mustSucceed, TestInstance } from './instance.js';

describe('boot', { timeout: 30_000 }, () => {
  const instance = new TestInstance('127.8.1.1');
  beforeAll(() => instance.start(), 30_000);
  afterAll(() => instance.remove());

  it('answers every page of a prod without an edition with a placeholder that is not to be kept', async () => {
    for (const path of ['/', '/about/', '/wp-login.php', '/style.css']) {
      const { status, headers, body } = await instance.ask(path);
      expect(status).toBe(503);
      expect(headers['retry-after']).toBe('60');
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-understudy-edition']).toBe('0');
      expect(body).toContain('Nothing has been promoted yet');
      expect(body).toContain('href="https://dev.demo.localhost/"');
    }
  });

  it('is healthy before the first edition, and says why it is degraded', async () => {
    const { status, body } = await instance.ask('/-/health', { headers: { Host: 'elsewhere.example.com' } });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      status: 'ok',
      instance: 'prod-1',
      edition: 0,
      degraded: ['nothing has been promoted yet'],
    });
  });

  it('may be repeated while the servers run', async () => {
    const before = readFileSync(join(instance.root, 'etc/nginx.conf'), 'utf8');
    mustSucceed(await instance.boot());
    expect(readFileSync(join(instance.root, 'etc/nginx.conf'), 'utf8')).toBe(before);
    expect((await instance.ask('/-/health')).status).toBe(200);
  });

  it.skipIf(!isRoot)('leaves configuration and editions to the operator (skipped: needs root)', async () => {
    for (const path of [
      '',
      'etc',
      'etc/nginx.conf',
      'etc/php.d/understudy.ini',
      'editions',
      'manifests',
      'run-nginx',
    ]) {
      expect(statSync(join(instance.root, path)).uid).toBe(0);
    }
    for (const path of ['cache/pages', 'logs', 'tmp/sessions']) {
      expect(statSync(join(instance.root, path)).uid).not.toBe(0);
    }
  });

  it('lets nobody else read the instance', () => {
    expect(statSync(instance.root).mode & 0o007).toBe(0);
  });

  it('shows what nginx and PHP-FPM do to this machine only', async () => {
    const nginx = await instance.ask('/-/nginx-status');
    const php = await instance.ask('/-/fpm-status?json');
    expect(nginx.body).toContain('Active connections');
    expect(JSON.parse(php.body)).toMatchObject({ pool: 'site' });
  });
});

describe('boot with a wrong variable', { timeout: 30_000 }, () => {
  const instance = new TestInstance('127.8.1.2');
  afterAll(() => instance.remove());

  const wrong: readonly (readonly [name: string, value: string])[] = [
    ['INSTANCE_ID', ''],
    ['INSTANCE_ID', '../prod'],
    ['ENVIRONMENT', 'staging'],
    ['APP_KIND', 'drupal'],
    ['ADDRESS', '127.8.1'],
    ['ADDRESS', '::1'],
    ['PORT', '80800'],
    ['PREVIEW_PORT', '8080'],
    ['ROOT', 'relative/path'],
    ['ROOT', '/tmp/with"quote'],
    ['ROOT', '/tmp/$(touch /tmp/understudy-ran)'],
    ['ROOT', '/tmp/a/../b'],
    ['RUN_DIR', `/tmp/${'long/'.repeat(20)}run`],
    ['WEB_USER', 'nobody-of-this-name'],
    ['WEB_GROUP', 'nothing-of-this-name'],
    ['CONFIG_DIR', ''],
    ['DOCUMENT_ROOT', '/srv/dev'],
    ['MEDIA_PATH', '../media'],
    ['PUBLIC_PATH', '/public'],
    ['HEALTH_PATH', 'health'],
    ['DEV_URL', ''],
    ['DEV_URL', 'javascript:alert(1)'],
    ['TRUSTED_PROXIES', '10.0.0.1; return 200'],
    ['CACHE_MAX_SIZE', 'lots'],
    ['NGINX', 'nginx-of-the-future'],
    ['PHP_FPM', '/usr/sbin/php-fpm-of-the-future'],
    ['OWN_DISK', 'no'],
    ['PHP_WORKERS', '0'],
    ['PHP_WORKERS', '1'],
  ];
  it.each(wrong)('%s=%j is refused by its name', async (name, value) => {
    instance.write({ [name]: value });
    const { exitCode, stderr } = await instance.boot();
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${name} is `);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('a line that is no assignment, and a name that is not known, are refused by their line', async () => {
    for (const [line, said] of [
      ['touch /tmp/understudy-ran', 'line 1: not of the form'],
      ['NO_SUCH=1', 'line 1: there is no variable NO_SUCH'],
      ['PATH=/tmp', 'line 1: there is no variable PATH'],
    ] as const) {
      writeFileSync(instance.envFile, `${line}\n`);
      const { exitCode, stderr } = await instance.boot();
      expect(exitCode).toBe(2);
      expect(stderr).toContain(said);
    }
  });

  it('makes nothing', () => {
    expect(readdirSync(instance.directory).sort()).toEqual(['config', 'dev', 'instance.env', 'media']);
  });
});

describe('boot in a directory with spaces, brackets in words and a link on the way', { timeout: 30_000 }, () => {
  const instance = new TestInstance('127.8.1.3');
  const odd = join(instance.directory, 'José’s (1+1) sites'.replace('’', ''));
  afterAll(() => instance.remove());

  it('serves from it', async () => {
    await run('mkdir', [odd]);
    chmodSync(odd, 0o755);
    symlinkSync(odd, join(instance.directory, 'link'));
    instance.write({ ROOT: join(instance.directory, 'link', 'root') });
    Object.assign(instance, { root: join(odd, 'root') });
    await instance.start();
    await instance.serve(1, { 'index.php': '<?php echo "hello from ", __DIR__;' });
    const { status, headers, body } = await instance.ask('/');
    expect(status).toBe(200);
    expect(body).toContain(join(odd, 'root/editions/1'));
    expect(headers['x-understudy-edition']).toBe('1');
  });
});
