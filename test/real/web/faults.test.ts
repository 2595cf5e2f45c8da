import { existsSync } from 'node:fs';
import { statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { statistics } from '../../../src/local/balancer/runtime.js';
import { paths } from '../../../src/local/layout.js';
import { phpOf, phpWorkers } from '../../../src/local/web/web-instance.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { underLoad } from '../../helpers/load.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { pidNow, pidOf, untilRestarted } from '../control-plane/processes.js';
import { indexPage } from '../promotion/php-site.js';

let site: TestPlatform;

beforeAll(async () => {
  site = await startPlatform({
    definition: {
      name: 'faulty',
      app: { kind: 'php', directory: './site' },
      // One instance for each fault: the second one within half a minute would be met with more patience.
      environments: { prod: { capacity: { min: 5, max: 5 } }, dev: { capacity: { min: 1 } } },
    },
    files: {
      'site/index.php': indexPage.replace('<?php', "<?php\nif (isset($_GET['stuck'])) { sleep(40); }"),
      'site/code.php': '<?php return 1;',
    },
  });
  expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
});
afterAll(() => site?.destroy());

/** Pages that no cache has: each needs PHP. */
const fresh = () => Array.from({ length: 20_000 }, (_, index) => `/?${Date.now()}-${index}`);
const load = () => ({ paths: fresh(), perSecond: 60 });

const stateOf = async (id: string) => {
  const { prod } = (await site.client.call('status', {})).environments;
  return prod.instances.find((instance) => instance.id === id)?.state;
};
const untilWell = () =>
  waitUntil(
    async () => {
      const { dev, prod } = (await site.client.call('status', {})).environments;
      return [...dev.instances, ...prod.instances].every(({ state }) => state === 'healthy');
    },
    { what: 'every instance to be well', deadlineMs: 60_000, everyMs: 100 },
  );
afterEach(untilWell);

/** Waits until neither balancer process sends anything to the instance. @returns after how many ms */
async function untilOut(id: string): Promise<number> {
  const started = performance.now();
  const isOut = async (name: string) => {
    const rows = await statistics(join(paths.runtime(site.layout, 'lb'), `${name}.sock`));
    const row = rows?.find(({ pxname, svname }) => pxname === 'prod' && svname === id);
    return row !== undefined && !row.status?.startsWith('UP');
  };
  await waitUntil(async () => (await isOut('haproxy-1')) && (await isOut('haproxy-2')), {
    what: `${id} to be out of rotation`,
    deadlineMs: 30_000,
    everyMs: 10,
  });
  return performance.now() - started;
}

/** To every process of a server, if it has any at this moment. */
const signal = (name: string, what: NodeJS.Signals) => {
  const pid = pidNow(site.layout, name);
  if (pid) process.kill(-pid, what);
};

describe('nobody notices', () => {
  it.each([['nginx'], ['php-fpm']])('that the %s of an instance is killed', async (server) => {
    const name = `prod-1.${server}`;
    const before = pidOf(site.layout, name);
    const report = await underLoad(
      site,
      async () => {
        await delay(300);
        signal(name, 'SIGKILL');
        await untilRestarted(site.layout, name, before);
        await untilWell();
      },
      load(),
    );
    expect(report).toMatchObject({ failed: 0, failures: [] });
  });

  it.each([
    ['nginx', 'prod-2'],
    ['php-fpm', 'prod-3'],
  ])('that %s of an instance hangs; it is replaced', async (server, id) => {
    const name = `${id}.${server}`;
    const before = pidOf(site.layout, name);
    let outMs = Number.POSITIVE_INFINITY;
    const report = await underLoad(
      site,
      async () => {
        await delay(300);
        signal(name, 'SIGSTOP');
        outMs = await untilOut(id);
        await untilRestarted(site.layout, name, before);
        await untilWell();
      },
      load(),
    );
    expect(report).toMatchObject({ failed: 0, failures: [] });
    expect(outMs).toBeLessThan(4_000);
    // Whoever waited there was not left waiting until it was replaced.
    expect(report.longestWaitMs).toBeLessThan(4_500);
  });

  it('that an instance takes a second for everything; it is replaced', async () => {
    const names = ['prod-4.nginx', 'prod-4.php-fpm'];
    const before = pidOf(site.layout, 'prod-4.nginx');
    const isReplaced = () => ![undefined, before].includes(pidNow(site.layout, 'prod-4.nginx'));
    const report = await underLoad(
      site,
      async () => {
        // It gets the processor for a twentieth of the time.
        for (let turn = 0; turn < 60 && !isReplaced(); turn++) {
          for (const name of names) signal(name, 'SIGSTOP');
          await delay(950);
          if (!isReplaced()) for (const name of names) signal(name, 'SIGCONT');
          await delay(50);
        }
        expect(isReplaced()).toBe(true);
        await untilWell();
      },
      load(),
    );
    expect(report).toMatchObject({ failed: 0, failures: [] });
  });

  it('that all PHP workers of an instance are stuck while its health page answers; it is replaced', async () => {
    const before = pidOf(site.layout, 'prod-2.php-fpm');
    const { origin = '' } = (await site.client.call('instances', { environment: 'prod' }))[1] ?? {};
    const { host } = new URL(site.up.urls.prod);
    for (let worker = 0; worker < phpWorkers; worker++) {
      // Never answered.
      void fetch(`${origin}/?stuck=${worker}`, { headers: { host } }).catch(() => undefined);
    }
    const areStuck = async () => (await phpOf(origin))?.busy === phpWorkers;
    await waitUntil(areStuck, { what: 'all workers to be stuck', deadlineMs: 30_000 });
    const report = await underLoad(
      site,
      async () => {
        await untilRestarted(site.layout, 'prod-2.php-fpm', before);
        await untilWell();
      },
      load(),
    );
    expect(report).toMatchObject({ failed: 0, failures: [] });
  });

  it('that the instances of a zone are killed, all at once', async () => {
    const names = ['dev-1', 'prod-1', 'prod-3'].flatMap((id) => [`${id}.nginx`, `${id}.php-fpm`]);
    const report = await underLoad(
      site,
      async () => {
        await delay(300);
        const before = names.map((name) => pidOf(site.layout, name));
        for (const name of names) signal(name, 'SIGKILL');
        for (const [index, name] of names.entries()) await untilRestarted(site.layout, name, before[index] ?? 0);
        await untilWell();
      },
      load(),
    );
    expect(report).toMatchObject({ failed: 0, failures: [] });
  });

  it('that an instance has lost its configuration and dies; it is mended', async () => {
    const root = paths.instance(site.layout, 'prod-1');
    const report = await underLoad(
      site,
      async () => {
        await writeFile(join(root, 'etc/nginx.conf'), 'nonsense');
        signal('prod-1.nginx', 'SIGKILL');
        await waitUntil(async () => (await stateOf('prod-1')) === 'unhealthy', {
          what: 'it to be unwell',
          deadlineMs: 9_000,
        });
        await untilWell();
      },
      load(),
    );
    expect(report).toMatchObject({ failed: 0, failures: [] });
  });
});

describe('an instance on a disk of its own', () => {
  const root = () => paths.instance(site.layout, 'prod-5');
  const mounted = async () => (await run('findmnt', ['-n', root()], { accept: [0, 1] })).exitCode === 0;
  const isRoot = process.getuid?.() === 0;

  afterAll(async () => {
    if (!isRoot || !(await mounted())) return;
    await run('umount', ['--lazy', root()]);
    for (const server of ['nginx', 'php-fpm']) signal(`prod-5.${server}`, 'SIGKILL');
    expect(await site.cli(['up'])).toMatchObject({ exitCode: 0 });
  });

  it.skipIf(!isRoot)(
    'that is full is out of rotation and made anew; nobody notices (skipped: needs root)',
    async () => {
      // As when a disk is exchanged: what the instance needs is on it when it is booted the next time.
      await run('sh', ['-euc', 'cp -a "$1" "$1.kept" && mount -t tmpfs -o size=64m none "$1"', 'sh', root()]);
      await run('sh', ['-euc', 'cp -a "$1.kept/." "$1" && rm -r "$1.kept"', 'sh', root()]);
      expect(await site.cli(['up'])).toMatchObject({ exitCode: 0 });
      await untilWell();
      const filler = join(root(), 'logs', 'filler');
      let outMs = Number.POSITIVE_INFINITY;
      const report = await underLoad(
        site,
        async () => {
          await delay(300);
          const { bavail, bsize } = await statfs(root());
          await run('fallocate', ['-l', String(bavail * bsize - 8 * 1024 * 1024), filler]);
          outMs = await untilOut('prod-5');
          await waitUntil(() => !existsSync(filler), { what: 'it to be made anew', deadlineMs: 60_000 });
          await untilWell();
        },
        load(),
      );
      expect(report).toMatchObject({ failed: 0, failures: [] });
      expect(outMs).toBeLessThan(4_000);
    },
  );
});

describe('a balancer process that is killed', () => {
  it('takes along what it was just answering, and nothing else', async () => {
    const before = pidOf(site.layout, 'haproxy-1');
    const report = await underLoad(
      site,
      async () => {
        await delay(300);
        process.kill(before, 'SIGKILL');
        await untilRestarted(site.layout, 'haproxy-1', before);
        await delay(1_000);
      },
      load(),
    );
    expect(report.failed).toBeLessThanOrEqual(10);
  });
});
