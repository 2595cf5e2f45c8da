import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bucket } from '../../../src/aws/operate/bucket.js';
import { s3Client } from '../../../src/aws/operate/clients.js';
import { publishSite } from '../../../src/aws/operate/published-site.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import type { PromotionResult } from '../../../src/promotion/result.js';
import { loadSite } from '../../../src/site/load.js';
import { type FakeFleet, fakeFleet } from '../../helpers/aws/fleet.js';
import { imageFiles, TestHost } from '../../helpers/aws/host.js';
import { oneEndpoint } from '../../helpers/aws/one-endpoint.js';
import { type FakeOperations, fakeOperations } from '../../helpers/aws/operations.js';
import { type FakeRds, fakeRds } from '../../helpers/aws/rds.js';
import { type FakeS3, fakeS3 } from '../../helpers/aws/s3.js';
import { webAccount } from '../instance/instance.js';

/**
 * The platform in AWS, operated by the command as a person calls it. Real: the command, the program of the operations
 * host, databases (MariaDB in place of RDS), instances with their agents, the pipeline. Stand-ins: the services of AWS.
 */
const site = 'shop';
const bucketName = 'understudy-shop-data-releases';
const net = '127.13.60';
const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const readOnlyCalls =
  /^(sts:GetCallerIdentity|cloudformation:DescribeStacks|ec2:DescribeInstances|cloudwatch:DescribeAlarms|ssm:(SendCommand|GetCommandInvocation))$/;

let folder: string;
let image: string;
let s3: FakeS3;
let rds: FakeRds;
let fleet: FakeFleet;
let operations: FakeOperations;
let gateway: Awaited<ReturnType<typeof oneEndpoint>>;
const hosts: TestHost[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-aws-'));
  // The servers' account has to get through.
  chmodSync(folder, 0o755);
  image = imageFiles();
  s3 = await fakeS3({ address: `${net}.11`, pageSize: 100 });
  s3.createBucket(bucketName);
  [rds, fleet] = await Promise.all([fakeRds({ siteName: site, network: net }), fakeFleet(`${net}.12`, site)]);
  operations = await fakeOperations({
    address: `${net}.13`,
    site,
    releaseBucket: bucketName,
    folder: join(folder, 'operations'),
    image,
    account: '111122223333',
    fleet: fleet.url,
  });
  gateway = await oneEndpoint(`${net}.14`, {
    ...{ s3: s3.url, rds: rds.api.url, secretsmanager: rds.api.url, route53: rds.api.url },
    ...{ autoscaling: fleet.url, elasticloadbalancing: fleet.url },
    ...{ sts: operations.url, cloudformation: operations.url, ec2: operations.url, monitoring: operations.url },
    ...{ sns: operations.url, ssm: operations.url },
  });
  const { UNDERSTUDY_RDS_CA = '' } = rds.environment;
  operations.environment = { AWS_ENDPOINT_URL: gateway.url, UNDERSTUDY_RDS_CA };
  writeFileSync(
    join(folder, 'operations/state/canary.json'),
    JSON.stringify({ image, address: `${net}.15`, account: webAccount }),
  );
  writeDev(1);
  writeFileSync(join(folder, 'understudy.config.ts'), definition);
  await publish();
  for (const [index, zone] of ['eu-central-1a', 'eu-central-1b'].entries()) {
    await launch(`i-0000000000000000${index + 1}`, `${net}.2${index}`, zone);
  }
  await rds.servers.primary.sql(`CREATE TABLE ${rds.schema}.notes (id INT PRIMARY KEY, text VARCHAR(100))`);
  await rds.servers.primary.sql(`INSERT INTO ${rds.schema}.notes VALUES (1, 'first')`);
  // The enforcer does it in AWS.
  for (const replica of ['replica-1', 'replica-2'] as const) await rds.servers[replica].sql('STOP SLAVE');
});

afterAll(async () => {
  for (const host of hosts) await host.remove();
  await gateway?.close();
  for (const api of [operations, fleet, s3]) await api?.close();
  await rds?.close();
  for (const made of [image, folder]) if (made) rmSync(made, { recursive: true, force: true });
});

const definition = `import { defineSite } from 'understudy';
export default defineSite({
  name: '${site}',
  target: 'aws',
  app: { kind: 'php', directory: '.', database: true },
  promotion: { bakeSeconds: 0 },
  aws: {
    account: '111122223333',
    region: 'eu-central-1',
    domains: { dev: 'dev.example.com', prod: 'www.example.com' },
    hostedZone: { name: 'example.com' },
    devAccess: { allow: ['203.0.113.0/24'] },
  },
});
`;

function writeDev(number: number): void {
  writeFileSync(join(folder, 'operations/files/dev/index.php'), `<?php echo "code ${number}\\n";`);
}

/** What `aws deploy` does beside CloudFormation. */
async function publish(): Promise<void> {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('../../helpers/aws/host-main.ts', import.meta.url))],
    banner: {
      js: "import { createRequire as understudyRequire } from 'node:module'; const require = understudyRequire(import.meta.url);",
    },
    ...{ bundle: true, write: false, format: 'esm', platform: 'node', target: 'node20' },
    mainFields: ['module', 'main'],
  });
  process.env.AWS_ENDPOINT_URL_S3 = s3.url;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
  const bucket = new Bucket(s3Client('eu-central-1'), bucketName, '');
  await publishSite(bucket, await loadSite(join(folder, 'understudy.config.ts')), outputFiles[0]?.text ?? '');
}

async function launch(id: string, address: string, zone: string): Promise<void> {
  const host = new TestHost({ id, role: 'prod', address, site, bucket: bucketName, s3: s3.url, image });
  hosts.push(host);
  await host.start();
  fleet.instances.push({ id, environment: 'prod', zone, address, lifecycle: 'InService', health: 'healthy' });
}

const awsEnvironment = () => ({ AWS_ENDPOINT_URL: gateway.url, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });

function understudy(...args: readonly string[]) {
  return run(process.execPath, [program, ...args, '--config', join(folder, 'understudy.config.ts')], {
    cwd: folder,
    env: awsEnvironment(),
    accept: [0, 1, 2, 3],
    deadlineMs: 150_000,
  });
}

async function json<T>(...args: readonly string[]): Promise<T> {
  const { stdout, stderr } = await understudy(...args, '--json');
  if (stdout === '') throw new Error(`${args.join(' ')} said nothing but: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Fails with what the host has said, which the result does not tell. */
function requirePromoted(result: PromotionResult): void {
  if (result.outcome !== 'promoted') throw new Error(`${JSON.stringify(result.error)}\n${operations.log()}`);
}

describe('the platform in AWS, operated by the command', () => {
  it('tells where it stands, at one endpoint, by calls that change nothing', async () => {
    const status = await json<Record<string, never>>('status', '--target', 'aws');
    expect(status).toMatchObject({
      site,
      target: 'aws',
      environments: {
        dev: { url: 'https://dev.example.com', database: { primary: 'primary', state: 'redundant' } },
        prod: {
          edition: null,
          instances: [{ zone: 'eu-central-1a', state: 'healthy' }, { zone: 'eu-central-1b' }],
          replicas: [
            { id: 'replica-1', gate: 'closed', weight: 50, behindTransactions: expect.any(Number) },
            { id: 'replica-2', gate: 'closed', weight: 50 },
          ],
        },
      },
      problems: [],
      monitoring: { watching: true },
    });
    expect(gateway.unknown).toEqual([]);
    expect(operations.calls.filter((call) => !readOnlyCalls.test(call))).toEqual([]);
  });

  it('changes nothing with credentials of another account', async () => {
    operations.account = '999999999999';
    const { exitCode, stderr } = await understudy('promote', '--yes');
    operations.account = '111122223333';
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('999999999999') });
    expect(operations.calls.at(-1)).toBe('sts:GetCallerIdentity');
  });

  it('refuses what is about a machine, and says what to do instead', async () => {
    const { exitCode, stderr } = await understudy('up');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('aws deploy') });
  });

  it('promotes dev to prod, with a certificate that holds when it is looked at again', async () => {
    const result = await json<PromotionResult>('promote', '--yes');
    requirePromoted(result);
    expect(result.certificate).toMatchObject({
      edition: { id: 1, release: 1, replicas: ['replica-1', 'replica-2'] },
      source: { server: 'primary', tables: [{ name: 'notes', rows: 1 }] },
      leftovers: [],
    });
    for (const host of hosts) expect(await host.page()).toMatchObject({ text: 'code 1\n', edition: '1' });
    expect(operations.published.map(({ subject }) => subject)).toEqual([
      `[${site}] Dev was promoted to prod: edition 1`,
    ]);
    expect(await json('certificate', '--verify')).toMatchObject({ id: result.id, holds: true });
    expect(await json('releases')).toMatchObject([{ number: 1, editions: [1], current: true }]);
  });

  it('is wholly the old edition again after a crash behind the moving of a replica, and --abort', async () => {
    await edit(2);
    await crashAt('warm');
    expect(await json('promote', '--abort')).toMatchObject({ outcome: 'rolled-back' });
    for (const host of hosts) expect(await host.page()).toMatchObject({ text: 'code 1\n', edition: '1' });
    const { environments, problems } = await json<{ environments: { prod: object }; problems: object[] }>('status');
    expect(environments.prod).toMatchObject({
      edition: { id: 1 },
      instances: [{ edition: 1 }, { edition: 1 }],
      replicas: [{ gate: 'closed' }, { gate: 'closed' }],
    });
    expect(problems).toMatchObject([{ subject: 'replica-2', text: expect.stringContaining('`understudy promote`') }]);
  });

  it('is wholly the new one after a crash and --resume, with the replica again that was ahead meanwhile', async () => {
    await crashAt('switch');
    const result = await json<PromotionResult>('promote', '--resume');
    requirePromoted(result);
    expect(result.certificate).toMatchObject({ edition: { replicas: ['replica-1', 'replica-2'] } });
    for (const host of hosts) expect(await host.page()).toMatchObject({ text: 'code 2\n' });
  });

  it('goes on when the connection drops; the same command again watches it', async () => {
    await edit(3);
    const before = journals().length;
    // Nothing that could be taken for a wish: the machine of whoever asked is gone.
    const first = spawn(
      process.execPath,
      [program, 'promote', '--yes', '--bake', '5', '--config', join(folder, 'understudy.config.ts')],
      { stdio: 'ignore', env: { ...process.env, ...awsEnvironment() } },
    );
    const ended = once(first, 'exit');
    await waitUntil(() => journals().length > before && hasJournal('"event":"done","step":"stage"'), {
      what: 'staging',
      deadlineMs: 60_000,
    });
    first.kill('SIGKILL');
    await ended;
    const { stdout, stderr } = await understudy('promote', '--yes', '--bake', '5', '--json');
    expect(stderr).toContain('going on already');
    requirePromoted(JSON.parse(stdout) as PromotionResult);
    for (const host of hosts) expect(await host.page()).toMatchObject({ text: 'code 3\n' });
  });

  it('goes back to the code before', async () => {
    expect(await json('rollback', '--yes')).toMatchObject({ kind: 'rollback', outcome: 'promoted' });
    for (const host of hosts) expect(await host.page()).toMatchObject({ text: 'code 2\n' });
  });

  it('follows dev from sync start on, gates open as they are meant to be, until sync stop', async () => {
    expect(await json('sync', 'start', '--yes')).toMatchObject({ kind: 'sync-start', outcome: 'promoted' });
    for (const host of hosts) expect(await host.page()).toMatchObject({ text: 'code 3\n' });
    expect(await gates()).toEqual(['open', 'open']);
    expect(await json('sync', 'stop')).toMatchObject({ kind: 'sync-stop', outcome: 'promoted' });
    expect(await gates()).toEqual(['closed', 'closed']);
  });
});

const gates = async () =>
  (await json<{ replicas: readonly { gate: string }[] }>('gate')).replicas.map(({ gate }) => gate);

/** Code and content that differ from before. */
async function edit(number: number): Promise<void> {
  writeDev(number);
  await rds.servers.primary.sql(`REPLACE INTO ${rds.schema}.notes VALUES (1, 'row ${number}')`);
}

const promotions = () => join(folder, 'operations/files/operations/promotions');

function journals(): readonly string[] {
  if (!existsSync(promotions())) return [];
  const names = readdirSync(promotions(), { recursive: true, encoding: 'utf8' }).sort();
  return names.filter((name) => name.endsWith('journal.ndjson')).map((name) => join(promotions(), name));
}

function hasJournal(text: string): boolean {
  const newest = journals().at(-1);
  return newest !== undefined && readFileSync(newest, 'utf8').includes(text);
}

/** Begins a promotion and kills its process when a step has begun. */
async function crashAt(step: string): Promise<void> {
  const before = journals().length;
  const promoting = understudy('promote', '--yes', '--json');
  await waitUntil(() => journals().length > before && hasJournal(`"event":"doing","step":"${step}"`), {
    what: `the step ${step}`,
    deadlineMs: 90_000,
    everyMs: 5,
  });
  await operations.killUnit();
  const { exitCode, stdout } = await promoting;
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('runner-lost') });
}
