import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import type { PlatformStatus } from '../../../src/platform/status.js';
import { run } from '../../../src/process/run.js';
import { acquireLock } from '../../../src/state/lock.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { controlPlanePid, processesOf } from './processes.js';

/** Two sites, side by side: neither may disturb the other. */
let platform: TestPlatform;
let other: TestPlatform;

beforeAll(async () => {
  [platform, other] = await Promise.all([
    startPlatform(),
    startPlatform({ definition: { name: 'neighbour', app: { kind: 'php', directory: await phpSite() } } }),
  ]);
});
afterAll(() => Promise.all([platform?.destroy(), other?.destroy()]));

async function phpSite(): Promise<string> {
  const { mkdtemp } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const folder = await mkdtemp(join(tmpdir(), 'php-'));
  await writeFile(join(folder, 'index.php'), '<?php echo "hello from ", $_SERVER["HTTP_X_REAL_IP"] ?? "nobody";');
  await run('chmod', ['755', folder]);
  return folder;
}

const up = async () => expect(await platform.cli(['up'])).toMatchObject({ exitCode: 0 });
/** A control plane that the guard has just begun to start sees that the site is down, and ends by itself. */
const nothingRuns = () => expect.poll(() => processesOf(platform.layout), { timeout: 5_000 }).toEqual([]);

it('two sites that start at the same time get addresses and ports of their own', () => {
  expect(platform.up.urls.dev).not.toBe(other.up.urls.dev);
  expect(new URL(platform.up.urls.dev).port).not.toBe(new URL(other.up.urls.dev).port);
  expect(platform.authority).toBe(other.authority);
});

it('plain HTTP is sent to HTTPS; an unknown name, and what is for the balancer alone, are not found', async () => {
  const { httpPort, httpsPort } = JSON.parse(await readFile(paths.network(other.layout), 'utf8'));
  const ask = async (url: string, ...headers: string[]) => {
    const { host, port } = new URL(url);
    const { stdout } = await run('curl', [
      ...['-sk', '--path-as-is', '--max-time', '10', '--connect-to', `${host}:127.0.0.1:${port}`],
      ...headers.flatMap((header) => ['-H', header]),
      ...['-w', '\n%{http_code} %{redirect_url}', url],
    ]);
    return stdout;
  };
  const dev = other.up.urls.dev;
  const { hostname } = new URL(dev);
  expect(await ask(`http://${hostname}:${httpPort}/a?b=c`)).toContain(`301 https://${hostname}:${httpsPort}/a?b=c`);
  expect(await ask(`https://somebody.else:${httpsPort}/`)).toContain('404');
  for (const path of [
    '/-/health',
    '/%2d/health',
    '//-/fpm-status',
    '/./-/health',
    '/a/../-/nginx-status',
    '/%2e/-/health',
  ]) {
    expect(await ask(`${dev}${path}`), path).toMatch(/\n40[04] $/);
  }
  expect(await ask(`${dev}/`)).toContain('hello from nobody');
  expect(await ask(`${dev}/`, 'X-Real-IP: 192.0.2.1')).toContain('hello from nobody');
});

it('a promotion that is going on keeps the site up; one that died does not', async () => {
  const lock = await acquireLock(paths.promotionLock(platform.layout), { why: 'promotion 7' });
  const refused = await platform.cli(['down']);
  expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('promotion 7') });
  expect((await platform.fetchProd('/')).status).toBe(503);
  // Nor does a control plane that is started only to stop the site, and may not.
  process.kill(controlPlanePid(platform.layout), 'SIGKILL');
  expect(await platform.cli(['down'])).toMatchObject({ exitCode: 3 });
  expect(await platform.client.call('instances', { environment: 'dev' })).toHaveLength(2);
  const text = await readFile(paths.promotionLock(platform.layout), 'utf8');
  await lock.release();
  await writeFile(paths.promotionLock(platform.layout), text.replace(/"startTime":\d+/, '"startTime":1'));
  expect(await platform.cli(['down'])).toMatchObject({ exitCode: 0 });
  await nothingRuns();
});

it('what is down is told as stopped, and starts again with its data', async () => {
  const { stdout } = await platform.cli(['status', '--json']);
  const stopped = JSON.parse(stdout) as PlatformStatus;
  expect(stopped.environments.dev.instances.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
  await up();
  expect(await platform.devPhp("require 'wp-load.php'; echo get_option('blogname');")).not.toBe('');
});

it("a canary, a control plane that was killed and a socket that is a dead one's are no obstacle to down", async () => {
  await platform.client.call('bootCanary', {}, { deadlineMs: 60_000 });
  process.kill(controlPlanePid(platform.layout), 'SIGKILL');
  expect(existsSync(paths.controlSocket(platform.layout))).toBe(true);
  expect(await platform.cli(['down'])).toMatchObject({ exitCode: 0 });
  await nothingRuns();
});

it('after a restart of the machine, which loses processes and sockets, everything comes back', async () => {
  await up();
  for (const { pid } of processesOf(platform.layout)) process.kill(pid, 'SIGKILL');
  await rm(platform.layout.runtimeDir, { recursive: true });
  await up();
  const { environments } = await platform.client.call('status', {});
  expect(environments.dev.database?.state).toBe('redundant');
  expect(environments.prod.instances.map(({ state }) => state)).toEqual(['healthy', 'healthy']);
});

it('down directly followed by up ends with everything up', async () => {
  expect(await platform.cli(['down'])).toMatchObject({ exitCode: 0 });
  await up();
});

it('a canary that no promotion has use for any more is dismissed at the next up', async () => {
  await platform.client.call('bootCanary', {}, { deadlineMs: 60_000 });
  await up();
  expect(processesOf(platform.layout).filter(({ command }) => command.includes('/canary/'))).toEqual([]);
});

it('what is destroyed leaves no process, no file and no claim, and its neighbour alone', async () => {
  const { layout } = platform;
  expect(await platform.cli(['down', '--destroy', '--yes'])).toMatchObject({ exitCode: 0 });
  await nothingRuns();
  expect(existsSync(layout.stateDir)).toBe(false);
  expect(existsSync(layout.runtimeDir)).toBe(false);
  const claims = JSON.parse(await readFile(join(layout.machineDir, 'networks.json'), 'utf8'));
  expect(Object.keys(claims)).not.toContain(layout.stateDir);
  expect(Object.keys(claims)).toContain(other.layout.stateDir);
  expect(readdirSync(dirname(layout.stateDir))).not.toContain(layout.stateDir);
  expect(
    (await other.client.call('status', {})).environments.dev.instances.every(({ state }) => state === 'healthy'),
  ).toBe(true);
});
