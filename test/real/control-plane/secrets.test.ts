import { readFileSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { logFiles } from '../../../src/local/log-files.js';
import { rotateLogs } from '../../../src/local/log-rotation.js';
import { accountFor } from '../../../src/local/machine/accounts.js';
import { ServiceRecords } from '../../../src/local/service-record.js';
import { run } from '../../../src/process/run.js';
import { allProcesses } from '../../../src/process/table.js';
import { waitUntil } from '../../../src/process/wait.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { filesBelow, groupMembers, pidOf } from './processes.js';

const paymentKey = 'sk-live-9f2c-never-shown';
let platform: TestPlatform;
let secrets: readonly string[];

beforeAll(async () => {
  platform = await startPlatform({
    definition: { environments: { dev: { constants: { PAYMENT_KEY: paymentKey } }, prod: {} } },
  });
  const kept = JSON.parse(await readFile(paths.secrets(platform.layout), 'utf8'));
  secrets = [...valuesOf(kept), paymentKey];
});
afterAll(() => platform?.destroy());

const valuesOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Object.values(value as object).flatMap(valuesOf);
const secretsIn = (text: string) => secrets.filter((secret) => text.includes(secret));

it('no secret stands in the arguments or the environment of any process of the machine', () => {
  expect(secrets.length).toBeGreaterThan(14);
  for (const { pid } of allProcesses()) {
    for (const what of ['cmdline', 'environ']) {
      let text = '';
      try {
        text = readFileSync(`/proc/${pid}/${what}`, 'utf8');
      } catch {
        // It has ended, or is the kernel's.
      }
      expect(secretsIn(text), `${what} of ${pid}`).toEqual([]);
    }
  }
});

it('no secret stands in any log', async () => {
  for (const { path } of await logFiles(platform.layout)) {
    expect(secretsIn(await readFile(path, 'utf8')), path).toEqual([]);
  }
});

it('a file that holds a secret can be read by its owner, and by the one group that needs it, alone', async () => {
  const holders: string[] = [];
  // What the databases keep in their own files lies in folders that only they may enter.
  const files = filesBelow(platform.layout.stateDir).filter(
    (file) => !file.startsWith(paths.databases(platform.layout)),
  );
  for (const file of files) {
    const text = await readFile(file, 'latin1');
    if (secretsIn(text).length === 0 && !text.includes('PRIVATE KEY')) continue;
    holders.push(file);
    expect(((await stat(file)).mode & 0o037).toString(8), file).toBe('0');
  }
  const names = holders.map((file) => file.slice(platform.layout.stateDir.length + 1));
  expect(names).toEqual(
    expect.arrayContaining(['secrets.json', 'site.json', 'balancer/certificate.pem', 'shared/dev/wp-config.php']),
  );
  for (const file of [paths.secrets(platform.layout), paths.site(platform.layout)]) {
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
  }
});

const isRoot = process.getuid?.() === 0;

it.runIf(isRoot)('the accounts cannot read what belongs to another', async () => {
  const { layout } = platform;
  const reads = async (role: 'db' | 'lb' | 'dev' | 'prod', file: string) =>
    (await run('cat', [file], { as: accountFor(role), accept: [0, 1], cwd: '/' })).exitCode === 0;
  const devConfig = join(paths.devRoot(layout), 'wp-config.php');
  const prodConfig = join(paths.configDir(layout, 'prod'), 'wp-config.php');
  const certificate = join(paths.balancer(layout), 'certificate.pem');
  expect([await reads('dev', devConfig), await reads('prod', prodConfig), await reads('lb', certificate)]).toEqual([
    true,
    true,
    true,
  ]);
  for (const role of ['prod', 'lb', 'db'] as const) expect(await reads(role, devConfig), role).toBe(false);
  for (const role of ['dev', 'lb', 'db'] as const) expect(await reads(role, prodConfig), role).toBe(false);
  for (const role of ['dev', 'prod', 'db'] as const) expect(await reads(role, certificate), role).toBe(false);
  for (const role of ['dev', 'prod', 'lb', 'db'] as const) {
    expect(await reads(role, paths.secrets(layout)), role).toBe(false);
    expect(await reads(role, paths.site(layout)), role).toBe(false);
  }
  const databaseFile = join(paths.databases(layout), 'db-1/data/ibdata1');
  for (const role of ['dev', 'prod', 'lb'] as const) expect(await reads(role, databaseFile), role).toBe(false);
});

it.runIf(isRoot)('the sockets of the control plane and the balancer are closed to the other accounts', async () => {
  const { layout } = platform;
  const connects = async (role: 'dev' | 'prod' | 'db', socket: string) =>
    (
      await run(
        process.execPath,
        [
          '-e',
          `require('net').connect(${JSON.stringify(socket)}).on('connect', () => process.exit(0)).on('error', () => process.exit(1))`,
        ],
        {
          as: accountFor(role),
          accept: [0, 1],
          cwd: '/',
        },
      )
    ).exitCode === 0;
  for (const socket of [paths.controlSocket(layout), join(paths.runtime(layout, 'lb'), 'haproxy-1.sock')]) {
    for (const role of ['dev', 'prod', 'db'] as const) expect(await connects(role, socket), role).toBe(false);
  }
});

it('every server listens on addresses of this machine alone', async () => {
  const { stdout } = await run('ss', ['-Hltnp']);
  const records = filesBelow(paths.processes(platform.layout)).map((file) => JSON.parse(readFileSync(file, 'utf8')));
  const pids = records.flatMap(({ process: ref }) => groupMembers(ref.pid));
  const lines = stdout.split('\n').filter((line) => pids.some((pid) => line.includes(`pid=${pid},`)));
  expect(lines.length).toBeGreaterThan(14);
  for (const line of lines) expect(line.split(/\s+/)[3], line).toMatch(/^127\.\d+\.\d+\.\d+:\d+$/);
});

it('logs are put aside when they are large, and servers go on in new ones', async () => {
  const { layout } = platform;
  const records = new ServiceRecords(paths.processes(layout));
  const access = join(paths.instance(layout, 'dev-1'), 'logs/access.log');
  await fetch(`${await originOf('dev-1')}/?before`, { redirect: 'manual' });
  const put = await until(async () => {
    const rotated = await rotateLogs({ layout, records, largest: 10 });
    return rotated.includes(access) ? rotated : undefined;
  });
  expect(put).toContain(access);
  await fetch(`${await originOf('dev-1')}/?after`, { redirect: 'manual' });
  await until(async () => (await readFile(access, 'utf8').catch(() => '')).includes('/?after'));
  expect(await readFile(`${access}.1`, 'utf8')).toContain('/?before');
  expect(pidOf(layout, 'dev-1.nginx')).toBeGreaterThan(0);
  // As one leaves it who dies before the servers are told.
  await rename(access, `${access}.1`);
  await rotateLogs({ layout, records });
  await fetch(`${await originOf('dev-1')}/?later`, { redirect: 'manual' });
  await until(async () => (await readFile(access, 'utf8').catch(() => '')).includes('/?later'));
});

async function originOf(id: string): Promise<string> {
  const instances = await platform.client.call('instances', { environment: 'dev' });
  return instances.find((instance) => instance.id === id)?.origin ?? '';
}

const until = <T>(probe: () => Promise<T | undefined | false>) =>
  waitUntil(probe, { what: 'the log', deadlineMs: 30_000 });
