import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, statistics } from '../../../src/local/balancer/runtime.js';
import { paths } from '../../../src/local/layout.js';
import { ports } from '../../../src/local/network/hosts.js';
import { hasCode } from '../../../src/output/errors.js';
import type { PlatformStatus } from '../../../src/platform/status.js';
import { waitUntil } from '../../../src/process/wait.js';
import { acquireLock, type Lock } from '../../../src/state/lock.js';
import { underLoad } from '../../helpers/load.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { controlPlanePid, groupMembers, pidNow, pidOf, processesOf, untilRestarted } from './processes.js';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform();
  const promoted = await platform.cli(['promote', '--yes', '--json']);
  if (promoted.exitCode !== 0) throw new Error(promoted.stderr);
});
afterAll(() => platform?.destroy());

const status = () => platform.client.call('status', {});

/** Waits until the whole platform is as it should be. */
async function untilWell(capacity = { dev: 2, prod: 2 }): Promise<PlatformStatus> {
  return waitUntil(
    async () => {
      const seen = await status().catch(() => undefined);
      if (!seen) return undefined;
      const { dev, prod } = seen.environments;
      const healthy = (environment: typeof dev | typeof prod) =>
        environment.instances.filter(({ state }) => state === 'healthy').length;
      const wanted = healthy(dev) === capacity.dev && healthy(prod) === capacity.prod;
      return wanted && dev.database?.state === 'redundant' ? seen : undefined;
    },
    { what: 'the platform to be whole', deadlineMs: 40_000, everyMs: 100 },
  );
}

/** With its guard, so that nobody starts another one but whoever needs it. */
async function killControlPlane(): Promise<void> {
  const guard = await waitUntil(() => pidNow(platform.layout, 'guard'), { what: 'a guard', deadlineMs: 5_000 });
  const pids = [guard, controlPlanePid(platform.layout)];
  // Neither may see the other one dead and start it again.
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await waitUntil(() => processesOf(platform.layout).every((one) => !pids.includes(one.pid)), {
    what: 'the control plane to be dead',
    deadlineMs: 5_000,
  });
}

const names = ['db-1', 'db-2', 'replica-1', 'replica-2', 'haproxy-1', 'haproxy-2', 'dev-1.nginx', 'dev-2.php-fpm'];
const pids = () => names.map((name) => pidOf(platform.layout, name));

describe('a control plane that is killed', () => {
  it('leaves every server running, and the next one adopts them without a restart', async () => {
    const before = pids();
    await killControlPlane();
    expect((await platform.fetchProd('/')).status).toBe(200);
    const stopped = JSON.parse((await platform.cli(['status', '--json'])).stdout) as PlatformStatus;
    expect(stopped.supervised).toBe(false);
    expect((await platform.cli(['up'])).exitCode).toBe(0);
    expect(pids()).toEqual(before);
    expect((await untilWell()).supervised).toBe(true);
  });

  it('between the start of a server and the note of its process has that server found again', async () => {
    await killControlPlane();
    const file = join(paths.processes(platform.layout), 'haproxy-1.json');
    const record = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...record, process: null }));
    expect((await platform.cli(['up'])).exitCode).toBe(0);
    expect(pidOf(platform.layout, 'haproxy-1')).toBe(record.process.pid);
  });

  it('answers a call that comes while it takes over', async () => {
    await killControlPlane();
    const up = platform.cli(['up']);
    const first = await waitUntil(
      () =>
        platform.client.call('instances', { environment: 'prod' }).catch((error) => {
          if (!hasCode(error, 'control-plane-down')) throw error;
        }),
      { what: 'an answer', deadlineMs: 20_000, everyMs: 10 },
    );
    expect(first).toHaveLength(2);
    expect(await up).toMatchObject({ exitCode: 0 });
  });
});

describe('a server that dies', () => {
  it('comes back, although its workers were left behind with its port: an nginx whose master was killed', async () => {
    const master = pidOf(platform.layout, 'prod-1.nginx');
    expect(groupMembers(master).length).toBeGreaterThan(1);
    const report = await underLoad(platform, async () => {
      process.kill(master, 'SIGKILL');
      await untilRestarted(platform.layout, 'prod-1.nginx', master);
      await untilWell();
    });
    expect(groupMembers(master)).toEqual([]);
    expect(report).toMatchObject({ failed: 0 });
  });
});

describe('a balancer process', () => {
  const socketOf = (name: string) => join(paths.runtime(platform.layout, 'lb'), `${name}.sock`);
  let lock: Lock;

  beforeAll(async () => {
    // As a promotion has it: shares that nobody answers for are put right.
    lock = await acquireLock(paths.promotionLock(platform.layout), { why: 'changing the shares of replicas' });
  });
  afterAll(async () => {
    for (const replica of ['replica-1', 'replica-2']) {
      await platform.client.call('setWeight', { replica, weight: 100 });
    }
    await lock.release();
  });

  const weightIn = async (name: string, replica: string) =>
    (await statistics(socketOf(name)))?.find((row) => row.pxname === 'replicas' && row.svname === replica)?.weight;

  it('that was killed comes back with what was changed while it ran, and while it was away', async () => {
    await platform.client.call('setWeight', { replica: 'replica-2', weight: 0 });
    const before = pidOf(platform.layout, 'haproxy-1');
    process.kill(before, 'SIGKILL');
    await platform.client.call('setWeight', { replica: 'replica-1', weight: 50 });
    for (const name of ['haproxy-1', 'haproxy-2']) {
      await waitUntil(
        async () => (await weightIn(name, 'replica-2')) === '0' && (await weightIn(name, 'replica-1')) === '50',
        { what: `${name} to know the weights`, deadlineMs: 30_000 },
      );
    }
    expect(pidOf(platform.layout, 'haproxy-1')).not.toBe(before);
  });

  it('that was told something else behind our back is put right', async () => {
    await command(socketOf('haproxy-2'), [
      'set server replicas/replica-1 weight 7',
      'set server prod/prod-1 state maint',
    ]);
    await waitUntil(async () => (await weightIn('haproxy-2', 'replica-1')) === '50', {
      what: 'its weight to be right again',
      deadlineMs: 5_000,
    });
    await untilWell();
  });

  it('that hangs is replaced, and nothing waits for it for long', async () => {
    const before = pidOf(platform.layout, 'haproxy-2');
    process.kill(before, 'SIGSTOP');
    await platform.client.call('setWeight', { replica: 'replica-2', weight: 60 }, { deadlineMs: 5_000 });
    await untilRestarted(platform.layout, 'haproxy-2', before);
    await waitUntil(async () => (await weightIn('haproxy-2', 'replica-2')) === '60', {
      what: 'the new one to know the weight',
      deadlineMs: 30_000,
    });
    await untilWell();
  });
});

describe('a definition that has changed', () => {
  const define = async (change: object) => {
    const { database, ...site } = { name: 'tested', promotion: { bakeSeconds: 0 }, database: undefined, ...change };
    const text = JSON.stringify({ ...site, ...(database === undefined ? {} : { database }) });
    await writeFile(
      join(platform.dir, 'understudy.config.ts'),
      `import { defineSite } from 'understudy';\nexport default defineSite(${text});\n`,
    );
  };

  it('brings more instances, and dismisses those that are too many', async () => {
    await define({ environments: { prod: { capacity: { min: 3 } }, dev: { capacity: { min: 1 } } } });
    expect(await platform.cli(['up'])).toMatchObject({ exitCode: 0 });
    const more = await untilWell({ dev: 1, prod: 3 });
    expect(more.environments.prod.instances.map(({ edition }) => edition)).toEqual([1, 1, 1]);
    await define({});
    expect(await platform.cli(['up'])).toMatchObject({ exitCode: 0 });
    await untilWell();
    expect(processesOf(platform.layout).filter(({ command }) => command.includes('/prod-3/'))).toEqual([]);
  });

  it('has instances started anew one after the other, so that visitors notice nothing', async () => {
    const before = ['prod-1.nginx', 'prod-2.nginx'].map((name) => pidOf(platform.layout, name));
    await killControlPlane();
    // As after an update of the program that brings other templates.
    for (const id of ['prod-1', 'prod-2']) {
      await writeFile(`${paths.instance(platform.layout, id)}.booted.json`, '{"fingerprint":"another"}');
    }
    const report = await underLoad(platform, async () => {
      expect(await platform.cli(['up'])).toMatchObject({ exitCode: 0 });
    });
    expect(report).toMatchObject({ failed: 0 });
    const after = ['prod-1.nginx', 'prod-2.nginx'].map((name) => pidOf(platform.layout, name));
    for (const [index, pid] of before.entries()) expect(after[index]).not.toBe(pid);
  });

  it('says what counts only later, and refuses what cannot be changed', async () => {
    await define({ environments: { prod: { constants: { GREETING: 'hello' } } } });
    const later = await platform.cli(['up']);
    expect(later.stderr).toContain('with the next promotion');
    await define({ zones: ['c', 'a'] });
    expect(await platform.cli(['up'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('understudy down'),
    });
    await define({ name: 'renamed' });
    expect(await platform.cli(['up'])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('tested') });
    await define({});
    expect(await platform.cli(['up'])).toMatchObject({ exitCode: 0 });
    await untilWell();
  });

  it('that asks for a port which is taken fails, and the site goes on being looked after', async () => {
    await define({ local: { httpPort: ports.database, httpsPort: Number(new URL(platform.up.urls.dev).port) } });
    const blocker = await occupy(ports.database);
    // The address is the visitors', so no database of this machine is in the way.
    const failed = await platform.cli(['up']);
    blocker.close();
    expect(failed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`${ports.database}`) });
    const nginx = pidOf(platform.layout, 'dev-1.nginx');
    process.kill(-nginx, 'SIGKILL');
    await untilRestarted(platform.layout, 'dev-1.nginx', nginx);
    await define({});
    expect(await platform.cli(['up'])).toMatchObject({ exitCode: 0 });
  });
});

describe('scheduled jobs', () => {
  it('run in dev, one at a time and written down like a server', async () => {
    const record = await waitUntil(
      () => {
        try {
          return JSON.parse(readFileSync(join(paths.processes(platform.layout), 'cron.json'), 'utf8'));
        } catch {
          return undefined;
        }
      },
      { what: 'the first run', deadlineMs: 30_000 },
    );
    expect(record).toMatchObject({ kind: 'job', mark: join(paths.devRoot(platform.layout), 'wp-cron.php') });
  });
});

async function occupy(port: number) {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port }, resolve));
  return server;
}
