import { appendFile, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { localFaults } from '../../../src/local/faults.js';
import { paths } from '../../../src/local/layout.js';
import { networkOf } from '../../../src/local/network/claim.js';
import { hostsOf, ports } from '../../../src/local/network/hosts.js';
import type { Faults } from '../../../src/platform/faults.js';
import { waitUntil } from '../../../src/process/wait.js';
import { Ledger } from '../../helpers/ledger.js';
import { underLoad } from '../../helpers/load.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { DatabaseWatch } from './database-watch.js';
import { controlPlanePid, pidOf, untilRestarted } from './processes.js';

let site: TestPlatform;
let watch: DatabaseWatch;
let faults: Faults;

beforeAll(async () => {
  site = await startPlatform({ definition: { environments: { dev: { capacity: { min: 2, max: 2 } } } } });
  const promoted = await site.cli(['promote', '--yes']);
  expect(promoted.exitCode, promoted.stderr).toBe(0);
  watch = new DatabaseWatch(site);
  const claim = await networkOf(site.layout);
  if (!claim) throw new Error('no network');
  faults = localFaults(site.layout, hostsOf(claim.network, site.site));
});
beforeEach(() => watch.begin());
afterAll(() => site?.destroy());

/** Both, so that the next one comes at once, and has seen nobody before. */
const killControlPlane = () => {
  const pids = [pidOf(site.layout, 'guard'), controlPlanePid(site.layout)];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
};

it('the zone of the primary dies at once: no visitor notices, and no acknowledged write is lost', async () => {
  const ledger = new Ledger(() => watch.atEndpoint());
  await ledger.grows(20);
  const primary = await watch.primary();
  const parts = await faults.parts();
  const zone = parts.find(({ name }) => name === primary)?.zone;
  const victims = parts.filter((part) => part.zone === zone).map(({ name }) => name);
  expect(victims).toEqual(expect.arrayContaining([primary, 'prod-1.nginx', 'dev-1.php-fpm']));
  const report = await underLoad(site, async () => {
    await faults.kill(victims);
    await ledger.resumes();
    await watch.happened('failover-done');
    await watch.untilWell();
  });
  await ledger.stop();
  expect(report).toMatchObject({ failed: 0 });
  expect(ledger.lostFrom(await watch.written())).toEqual([]);
  expect(await watch.primary()).not.toBe(primary);
});

it('the control plane is killed while a replica is made anew: the next one finishes it', async () => {
  await rm(join(paths.databases(site.layout), 'replica-1', 'data'), { recursive: true });
  await waitUntil(() => readFile(paths.replicaRepair(site.layout)).catch(() => undefined), {
    what: 'the repair to begin',
    deadlineMs: 30_000,
    everyMs: 2,
  });
  killControlPlane();
  expect((await site.cli(['up'])).exitCode).toBe(0);
  expect(await watch.happened('replica-rebuilt')).toMatchObject({ subject: 'replica-1' });
  await watch.untilWell();
});

it('a server that hangs before the control plane has ever seen it well is replaced all the same', async () => {
  killControlPlane();
  watch.signal('replica-2', 'SIGSTOP');
  const hung = pidOf(site.layout, 'replica-2');
  expect((await site.cli(['up'])).exitCode).toBe(0);
  expect(await watch.happened('server-replaced')).toMatchObject({ subject: 'replica-2' });
  await watch.untilWell();
  expect(pidOf(site.layout, 'replica-2')).not.toBe(hung);
});

it('a server whose configuration was spoiled gets it written anew when it is started again', async () => {
  const file = join(paths.databases(site.layout), 'replica-1', 'my.cnf');
  const sound = await readFile(file, 'utf8');
  await appendFile(file, '\nspoiled=1\n');
  const before = pidOf(site.layout, 'replica-1');
  watch.signal('replica-1', 'SIGKILL');
  await untilRestarted(site.layout, 'replica-1', before);
  await watch.untilWell();
  expect(await readFile(file, 'utf8')).toBe(sound);
});

it('a server that cannot start is told, tried again ever more seldom, and visitors do not notice', async () => {
  const connection = await site.platform.database?.databases.connect('replica-1', 'monitor');
  const [row] = (await connection?.query<{ address: string }>('SELECT @@bind_address AS address')) ?? [];
  await connection?.end();
  watch.signal('replica-1', 'SIGKILL');
  const release = await occupy(row?.address ?? '');
  const log = join(site.layout.stateDir, 'logs', 'replica-1.log');
  const attempts = async () => (await readFile(log, 'utf8')).split('Bind on TCP/IP port').length - 1;
  const from = await attempts();
  const began = performance.now();
  try {
    const report = await underLoad(site, async () => {
      const { subject, detail } = await watch.happened('cannot-start');
      expect(subject).toBe('replica-1');
      expect(detail).toContain('Address already in use');
      await watch.until('it to be shown as a problem', ({ problems }) =>
        problems.some(({ subject, text }) => subject === 'replica-1' && text.includes('cannot start')),
      );
      await waitUntil(async () => (await attempts()) - from >= 6, { what: 'six attempts', deadlineMs: 60_000 });
    });
    expect(report).toMatchObject({ failed: 0 });
    // Waits of 0.1, 0.2, 0.4, 0.8 and 1.6 s lie between six attempts, and a round of the supervisor.
    expect(performance.now() - began).toBeGreaterThan(3_100);
  } finally {
    await release();
  }
  await watch.untilWell();
});

/** Takes the port of a server that has just died. @returns what lets go of it */
async function occupy(address: string): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.destroy());
  await waitUntil(
    () =>
      new Promise<boolean>((settled) => {
        server.once('error', () => settled(false));
        server.listen(ports.database, address, () => settled(true));
      }),
    { what: `the port of ${address}`, deadlineMs: 5_000, everyMs: 5 },
  );
  return () => new Promise((closed) => server.close(() => closed()));
}
