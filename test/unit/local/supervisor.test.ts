import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Service } from '../../../src/local/service-record.js';
import { Supervisor } from '../../../src/local/supervisor.js';
import { groupOf, isAlive } from '../../../src/process/identity.js';
import { waitUntil } from '../../../src/process/wait.js';

type Event = readonly [kind: 'died' | 'restarted' | 'failed', name: string, delayMs?: number];

async function supervised(program = 'echo started; sleep 60; true') {
  const folder = await mkdtemp(join(tmpdir(), 'supervisor-'));
  const records = join(folder, 'processes');
  const events: Event[] = [];
  const told: string[] = [];
  const newSupervisor = () =>
    new Supervisor(records, {
      died: (name, delayMs) => events.push(['died', name, delayMs]),
      restarted: (name) => events.push(['restarted', name]),
      failed: (name, _, delayMs) => events.push(['failed', name, delayMs]),
      cannotStart: ({ name }) => told.push(`${name} cannot start`),
      stayedUp: (name) => told.push(`${name} stayed up`),
    });
  const service: Service = {
    name: 'server',
    kind: 'web',
    mark: folder,
    daemon: { program: 'bash', args: ['-c', program, folder], logFile: join(folder, 'log') },
    stop: { graceMs: 500 },
  };
  const supervisor = newSupervisor();
  onTestFinished(() => newSupervisor().stopAll('web'));
  const starts = async () => (await readFile(join(folder, 'log'), 'utf8').catch(() => '')).split('started').length - 1;
  return { supervisor, newSupervisor, service, events, told, records, starts };
}

const died = (ref: Parameters<typeof isAlive>[0]) =>
  waitUntil(() => !isAlive(ref), { what: 'its death', deadlineMs: 5_000, everyMs: 5 });

it('a service that runs is left alone, and found again by another supervisor', async () => {
  const { supervisor, newSupervisor, service } = await supervised();
  const first = await supervisor.ensure(service);
  expect(await supervisor.ensure(service)).toEqual(first);
  expect((await newSupervisor().ensure(service)).process).toEqual(first.process);
});

it('a service that dies is started again after a wait that doubles, never at once; told once as one that cannot start', async () => {
  const { supervisor, service, events, told } = await supervised();
  let { process: ref } = await supervisor.ensure(service);
  let now = 0;
  const waits: number[] = [];
  for (let round = 0; round < 9; round++) {
    process.kill(ref.pid, 'SIGKILL');
    await died(ref);
    await supervisor.tick(now);
    const [kind, , delayMs = 0] = events.at(-1) ?? ['died', ''];
    expect(kind).toBe('died');
    waits.push(delayMs);
    await supervisor.tick(now + delayMs - 1);
    expect(supervisor.isRunning('server')).toBe(false);
    now += delayMs;
    await supervisor.tick(now);
    expect(events.at(-1)).toEqual(['restarted', 'server']);
    ref = supervisor.record('server')?.process ?? ref;
  }
  expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  expect(supervisor.record('server')?.restarts).toBe(9);
  expect(told).toEqual(['server cannot start']);
  expect(supervisor.failing()).toMatchObject([{ name: 'server', deaths: 9 }]);
});

it('a service that cannot even be started is tried again, later and later', async () => {
  const { supervisor, service, events } = await supervised();
  const { process: ref } = await supervisor.ensure(service);
  process.kill(ref.pid, 'SIGKILL');
  await died(ref);
  Object.assign(service.daemon, { program: '/no/such/program' });
  for (const now of [0, 100, 300, 700]) await supervisor.tick(now);
  expect(events).toEqual([
    ['died', 'server', 100],
    ['failed', 'server', 200],
    ['failed', 'server', 400],
    ['failed', 'server', 800],
  ]);
});

it('what a dead service left behind is ended before it is started again', async () => {
  const { supervisor, service } = await supervised('(exec -a left sleep 60) & echo started; wait');
  const { process: ref } = await supervisor.ensure(service);
  process.kill(ref.pid, 'SIGKILL');
  await died(ref);
  await supervisor.tick(0);
  await supervisor.tick(1_000);
  expect(groupOf(ref)).toEqual([]);
});

it('a service that was fenced stays dead until somebody asks for it', async () => {
  const { supervisor, service } = await supervised();
  const { process: ref } = await supervisor.ensure(service);
  await supervisor.fence(service);
  expect(isAlive(ref)).toBe(false);
  for (const now of [0, 1_000, 20_000]) await supervisor.tick(now);
  expect(supervisor.isRunning('server')).toBe(false);
  expect((await supervisor.ensure(service)).process.pid).not.toBe(ref.pid);
});

it('a service whose supervisor was killed before it could write down the process is found again', async () => {
  const { supervisor, newSupervisor, service, records } = await supervised();
  const { process: ref } = await supervisor.ensure(service);
  const file = join(records, 'server.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), process: null }));
  expect((await newSupervisor().ensure(service)).process).toEqual(ref);
});

it('all services of a kind are stopped, also those that only an earlier supervisor knew; no record is left', async () => {
  const { supervisor, newSupervisor, service, records } = await supervised();
  const one = await supervisor.ensure(service);
  const two = await supervisor.ensure({ ...service, name: 'other', mark: 'other' });
  await newSupervisor().stopAll('database');
  expect(isAlive(one.process)).toBe(true);
  await newSupervisor().stopAll('web');
  expect([one, two].map(({ process: ref }) => isAlive(ref))).toEqual([false, false]);
  expect(await readdir(records)).toEqual([]);
});

it('asked for many times at once, a service is started once', async () => {
  const { supervisor, service, starts } = await supervised();
  const records = await Promise.all(Array.from({ length: 8 }, () => supervisor.ensure(service)));
  expect(new Set(records.map(({ process: ref }) => ref.pid)).size).toBe(1);
  await waitUntil(async () => (await starts()) === 1, { what: 'its start', deadlineMs: 5_000 });
});
