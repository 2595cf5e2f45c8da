import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { InstanceAnswers } from '../../../src/platform/instance-answers.js';
import { allProcesses, commandLine } from '../../../src/process/table.js';
import { waitUntil } from '../../../src/process/wait.js';
import { lockHolder } from '../../../src/state/lock.js';
import { Ledger } from '../../helpers/ledger.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { DatabaseWatch } from './database-watch.js';

let site: TestPlatform;
let watch: DatabaseWatch;

beforeAll(async () => {
  site = await startPlatform({ definition: { environments: { dev: { capacity: { min: 1, max: 1 } } } } });
  const promoted = await site.cli(['promote', '--yes']);
  expect(promoted.exitCode, promoted.stderr).toBe(0);
  // Something that the edition does not have: a leak moves a replica.
  await site.editPost('after the promotion');
  watch = new DatabaseWatch(site);
});
beforeEach(() => watch.begin());
afterAll(() => site?.destroy());

it.each(['SIGKILL', 'SIGSTOP'] as const)(
  'the primary gets a %s: writes go on at the endpoint, none is lost',
  async (fault) => {
    const ledger = new Ledger(() => watch.atEndpoint());
    await ledger.grows(20);
    const primary = await watch.primary();
    watch.signal(primary, fault);
    const gapMs = await ledger.resumes();
    // Goals are 2 s and 5 s; this machine may be busy.
    expect(gapMs).toBeLessThan(fault === 'SIGKILL' ? 10_000 : 20_000);
    const after = await watch.untilWell();
    await ledger.stop();
    expect(ledger.lostFrom(await watch.written())).toEqual([]);
    expect(after.environments.dev.database?.primary).not.toBe(primary);
    expect((await watch.told('failover-begun', 'failover-done')).map(({ kind }) => kind)).toEqual([
      'failover-begun',
      'failover-done',
    ]);
    // By mail, through the definition's server; here into the built-in one.
    const noticed = `Failover: ${after.environments.dev.database?.primary} is the primary`;
    await waitUntil(async () => (await site.cli(['inbox', '--json'])).stdout.includes(noticed), {
      what: 'a mail that tells of the failover',
      deadlineMs: 30_000,
    });
  },
);

it('a replica that hangs is replaced, and prod is read from the other one meanwhile', async () => {
  watch.signal('replica-1', 'SIGSTOP');
  expect((await site.fetchProd(`/?uncached=${Math.random()}`)).status).toBe(200);
  await watch.happened('server-replaced');
  await watch.untilWell();
});

it('every database is killed at once: cached pages are served, the health page tells, and all comes back alone', async () => {
  expect((await site.fetchProd('/')).status).toBe(200);
  const instances = await site.platform.fleet.instances('prod');
  const degraded = async () =>
    (await Promise.all(instances.map(({ origin }) => new InstanceAnswers(origin).degraded()))).flat();
  expect(await degraded()).toEqual([]);
  // Nobody brings them back while it is looked at.
  const supervisor = (await lockHolder(paths.controlLock(site.layout)))?.process.pid ?? Number.NaN;
  process.kill(supervisor, 'SIGSTOP');
  try {
    for (const name of ['db-1', 'db-2', 'replica-1', 'replica-2']) watch.signal(name, 'SIGKILL');
    const { status: uncached } = await site.fetchProd(`/?uncached=${Math.random()}`);
    expect(uncached).toBe(503);
    expect((await site.fetchProd('/')).status).toBe(200);
    expect(await degraded()).toContain('no database answers: only pages that are cached are served');
  } finally {
    process.kill(supervisor, 'SIGCONT');
  }
  await watch.untilWell();
  const answers = async () => (await site.fetchProd(`/?uncached=${Math.random()}`)).status === 200;
  await waitUntil(async () => (await answers()) && (await degraded()).length === 0, {
    what: 'pages of prod, and health pages that tell nothing any more',
    deadlineMs: 30_000,
    everyMs: 100,
  });
});

it('a replica whose data was removed is rebuilt at the position of the edition, gate closed', async () => {
  await rm(join(paths.databases(site.layout), 'replica-2', 'data'), { recursive: true });
  await watch.happened('replica-rebuilt');
  await watch.untilWell();
});

it('a replica that has lost its data while the site was down keeps nobody from bringing it up, and is copied then', async () => {
  expect((await site.cli(['down'])).exitCode).toBe(0);
  await rm(join(paths.databases(site.layout), 'replica-2', 'data'), { recursive: true });
  const up = await site.cli(['up']);
  expect(up.exitCode, up.stderr).toBe(0);
  expect(up.stderr).toContain('still to be copied: replica-2');
  await watch.untilWell();
});

it('up does not wait for a standby that is being copied, nor does a second copy begin beside the first', async () => {
  const standby = (await watch.status()).environments.dev.database?.standby ?? '';
  const dataDir = join(paths.databases(site.layout), standby, 'data');
  const copies = () =>
    allProcesses().filter(({ pid, running }) => running && commandLine(pid).includes(`--target-dir=${dataDir}.`));
  let most = 0;
  // Copies of large data take long: these take for ever.
  const holding = setInterval(() => {
    most = Math.max(most, copies().length);
    for (const { pid } of copies()) process.kill(pid, 'SIGSTOP');
  }, 10);
  try {
    await rm(dataDir, { recursive: true });
    await waitUntil(() => copies().length > 0, { what: 'a copy to begin', deadlineMs: 30_000, everyMs: 20 });
    const up = await site.cli(['up']);
    expect(up.exitCode, up.stderr).toBe(0);
    expect(up.stderr).toContain(`still to be copied: ${standby}`);
    expect((await watch.status()).environments.dev.database?.state).toBe('solo');
  } finally {
    clearInterval(holding);
    for (const { pid } of copies()) process.kill(pid, 'SIGCONT');
  }
  expect(most).toBe(1);
  await watch.untilWell();
});

const startByHand = async (replica: string) => {
  const connection = await site.platform.database?.databases.connect(replica, 'operator');
  const { databases } = JSON.parse(await readFile(paths.secrets(site.layout), 'utf8'));
  await connection?.query(
    'CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = 3306, MASTER_USER = ?, MASTER_PASSWORD = ?, MASTER_USE_GTID = slave_pos',
    [await primaryAddress(), 'replication', databases.replication],
  );
  await connection?.query('START SLAVE');
  await connection?.end();
};
/** Returns when it has applied something that prod's edition does not have. */
const leak = async (replica: string) => {
  const { gate } = site.platform.database ?? {};
  const before = (await gate?.status(replica))?.position;
  await startByHand(replica);
  await waitUntil(async () => (await gate?.status(replica))?.position !== before, {
    what: `${replica} to move`,
    deadlineMs: 20_000,
  });
};
const primaryAddress = async () => {
  const { databases } = site.platform.database ?? {};
  const topology = await databases?.topology();
  const connection = await databases?.connect(topology?.primary ?? '', 'monitor');
  const [row] = (await connection?.query<{ at: string }>('SELECT @@bind_address AS at')) ?? [];
  await connection?.end();
  return row?.at ?? '';
};

it('a replica whose replication is started by hand is stopped, taken out, and rebuilt at the edition', async () => {
  await startByHand('replica-1');
  await watch.happened('leak-closed');
  await watch.untilWell();
  expect((await watch.told('leak-found', 'leak-closed')).map(({ kind }) => kind)).toEqual([
    'leak-found',
    'leak-closed',
  ]);
});

it('a replica that is closed again before it has applied anything: the leak is told, and that it is over', async () => {
  // From an edition that has all that dev has, there is nothing to apply.
  const promoted = await site.cli(['promote', '--yes']);
  expect(promoted.exitCode, promoted.stderr).toBe(0);
  await watch.begin();
  await startByHand('replica-1');
  await watch.happened('leak-closed');
  expect((await watch.told('leak-found', 'leak-closed')).map(({ kind }) => kind)).toEqual([
    'leak-found',
    'leak-closed',
  ]);
  // The tests below need something to apply.
  await site.editPost('after the second promotion');
});

it('both replicas leak: prod is ahead of its edition, says so, and the next promotion mends it', async () => {
  // Nobody looks while they leak: else the first one is mended before the second one has moved.
  const supervisor = (await lockHolder(paths.controlLock(site.layout)))?.process.pid ?? 0;
  process.kill(supervisor, 'SIGSTOP');
  await Promise.all([leak('replica-1'), leak('replica-2')]).finally(() => process.kill(supervisor, 'SIGCONT'));
  const ahead = await watch.until('prod to be ahead', ({ environments: { prod } }) => prod.aheadOfEdition);
  await watch.happened('ahead-of-edition');
  const weights = (await watch.status()).environments.prod.replicas.map(({ weight }) => weight);
  expect(weights.sort()).toEqual([0, 100]);
  expect((await site.fetchProd(`/?uncached=${Math.random()}`)).status).toBe(200);
  expect(ahead.environments.prod.replicas.every(({ gate }) => gate === 'closed' || gate === 'open')).toBe(true);
  const promoted = await waitUntil(
    async () => {
      const result = await site.cli(['promote', '--yes']);
      return /is at it/.test(result.stderr) ? undefined : result;
    },
    { what: 'a promotion', deadlineMs: 60_000, everyMs: 500 },
  );
  expect(promoted.exitCode, promoted.stderr).toBe(0);
  expect((await watch.untilWell()).environments.prod.aheadOfEdition).toBe(false);
});
