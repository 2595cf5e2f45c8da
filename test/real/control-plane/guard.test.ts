import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { isAlive } from '../../../src/process/identity.js';
import { allProcesses, commandLine } from '../../../src/process/table.js';
import { waitUntil } from '../../../src/process/wait.js';
import { lockHolder } from '../../../src/state/lock.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { controlPlanePid, pidOf, processesOf, untilRestarted } from './processes.js';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.destroy());

const servers = ['db-1', 'db-2', 'replica-1', 'haproxy-1', 'dev-1.nginx', 'prod-2.php-fpm', 'prometheus'];
const pids = () => servers.map((name) => pidOf(platform.layout, name));
const isSupervised = async () => (await platform.client.call('status', {}).catch(() => undefined))?.supervised === true;

/** Another control plane than before, which answers. */
async function untilAnother(before: number, deadlineMs: number): Promise<void> {
  const another = async () => controlPlanePid(platform.layout) !== before && (await isSupervised());
  await waitUntil(async () => another().catch(() => false), { what: 'another one', deadlineMs, everyMs: 50 });
}

const controlPlanes = () =>
  allProcesses().filter(({ pid, running }) => {
    const command = commandLine(pid);
    return running && command.includes('control-plane/main.js') && command.includes(platform.layout.configFile);
  }).length;

it('a control plane that is killed is there again without a command, and takes over what runs', async () => {
  const before = pids();
  const killed = controlPlanePid(platform.layout);
  process.kill(killed, 'SIGKILL');
  await untilAnother(killed, 20_000);
  expect(pids()).toEqual(before);
  // It supervises: what dies comes back.
  const nginx = pidOf(platform.layout, 'dev-1.nginx');
  process.kill(-nginx, 'SIGKILL');
  await untilRestarted(platform.layout, 'dev-1.nginx', nginx);
});

it('killed again and again, also while it starts, there is never more than one, and one in the end', async () => {
  const before = pids();
  for (let time = 0; time < 3; time++) {
    const holder = () => lockHolder(paths.controlLock(platform.layout));
    const { process: killed } = await waitUntil(holder, { what: 'a control plane', deadlineMs: 20_000, everyMs: 10 });
    expect(controlPlanes()).toBeLessThanOrEqual(1);
    process.kill(killed.pid, 'SIGKILL');
    await waitUntil(() => !isAlive(killed), { what: 'it to be dead', deadlineMs: 5_000, everyMs: 5 });
  }
  await waitUntil(isSupervised, { what: 'one that answers', deadlineMs: 30_000 });
  expect(controlPlanes()).toBe(1);
  expect(pids()).toEqual(before);
});

it('one that hangs is ended, and another one takes over', async () => {
  const before = pids();
  const hung = controlPlanePid(platform.layout);
  process.kill(hung, 'SIGSTOP');
  await untilAnother(hung, 60_000);
  expect(controlPlanes()).toBe(1);
  expect(pids()).toEqual(before);
});

it('the guard itself is started again by the control plane', async () => {
  const guard = pidOf(platform.layout, 'guard');
  process.kill(guard, 'SIGKILL');
  expect(await untilRestarted(platform.layout, 'guard', guard)).toBeGreaterThan(0);
});

it('down ends both, also directly after the control plane was killed, and nobody comes back', async () => {
  process.kill(controlPlanePid(platform.layout), 'SIGKILL');
  expect(await platform.cli(['down'])).toMatchObject({ exitCode: 0 });
  // One that the guard has just begun to start sees that the site is down, and ends by itself.
  const none = () => processesOf(platform.layout).length === 0;
  await waitUntil(none, { what: 'everything to have ended', deadlineMs: 5_000 });
  expect(await platform.cli(['up'])).toMatchObject({ exitCode: 0 });
  expect(await isSupervised()).toBe(true);
});
