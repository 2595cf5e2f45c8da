import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../../src/aws/bundles.js';
import {
  databaseSecretName,
  imageAccounts,
  saltsSecretName,
  serverName,
  settingsSecretName,
  siteAdminSecretName,
} from '../../../src/aws/naming.js';
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
import { hostsFile, type Mount } from '../../helpers/aws/own-mounts.js';
import { type FakeRds, fakeRds } from '../../helpers/aws/rds.js';
import { type FakeS3, fakeS3 } from '../../helpers/aws/s3.js';
import { isRoot } from '../instance/instance.js';
import { wordPress } from '../wordpress/document-root.js';

/**
 * The platform in AWS, operated by the command as a person calls it. Real: the command, the program of the operations
 * host as it is deployed, with its canary, databases (MariaDB in place of RDS, encrypted), WordPress and its media,
 * instances with their agents, the pipeline. Stand-ins: the services of AWS. Only root may give programs the paths,
 * names and accounts that they have there.
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
let names: Mount;
const hosts: TestHost[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-aws-'));
  // The servers' account has to get through.
  chmodSync(folder, 0o755);
  names = hostsFile(folder, site, net);
  image = imageFiles();
  s3 = await fakeS3({ address: `${net}.11`, pageSize: 100 });
  await s3.createBucket(bucketName);
  [rds, fleet] = await Promise.all([fakeRds({ siteName: site, network: net }), fakeFleet(`${net}.12`, site)]);
  operations = await fakeOperations({
    address: `${net}.13`,
    site,
    releaseBucket: bucketName,
    folder: join(folder, 'operations'),
    image,
    account: '111122223333',
    fleet: fleet.url,
    variables: {
      ...wordPressVariables('dev'),
      ...{ ADMIN_SECRET: siteAdminSecretName(site), TITLE: 'Shop', ADMIN_USER: 'admin', LOCALE: 'en_US' },
      ADMIN_EMAIL: 'admin@example.com',
    },
    mounts: [names],
  });
  gateway = await oneEndpoint(`${net}.14`, {
    ...{ s3: s3.url, rds: rds.api.url, secretsmanager: rds.api.url, route53: rds.api.url },
    ...{ autoscaling: fleet.url, elasticloadbalancing: fleet.url },
    ...{ sts: operations.url, cloudformation: operations.url, ec2: operations.url, monitoring: operations.url },
    ...{ sns: operations.url, ssm: operations.url },
  });
  const { UNDERSTUDY_RDS_CA = '' } = rds.environment;
  operations.environment = { AWS_ENDPOINT_URL: gateway.url, UNDERSTUDY_RDS_CA };
  rds.secrets.set(settingsSecretName(site, 'prod'), { constants: {}, options: { blogdescription: 'As prod has it' } });
  await bringSite();
  writeFileSync(join(folder, 'understudy.config.ts'), definition);
  await publish();
  await launch('i-00000000000000001', `${net}.20`, 'eu-central-1a');
  await launch('i-00000000000000002', `${net}.21`, 'eu-central-1b');
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

/** As user data tells hosts of a WordPress site. */
function wordPressVariables(environment: 'dev' | 'prod'): Readonly<Record<string, string>> {
  const [own, other] = environment === 'dev' ? ['dev', 'www'] : ['www', 'dev'];
  return {
    APP_KIND: 'wordpress',
    URL: `https://${own}.example.com`,
    OTHER_URL: `https://${other}.example.com`,
    SCHEMA: site,
    TABLE_PREFIX: 'wp_',
    DATABASE_HOST: serverName(site, environment === 'dev' ? 'primary' : 'replicas'),
    DATABASE_SECRET: databaseSecretName(site, environment),
    SALTS_SECRET: saltsSecretName(site),
    SETTINGS_SECRET: settingsSecretName(site, environment),
  };
}

const inFiles = (path: string) => join(folder, 'operations/files', path);

/** A WordPress that somebody brought to dev; the host makes a site of it when it starts. */
async function bringSite(): Promise<void> {
  // Links followed: Debian's package is full of them.
  await run('cp', ['-RLT', wordPress, inFiles('dev')]);
  await operations.start();
  write(1);
  // As the file system's access point has it.
  await run('chown', ['-R', String(imageAccounts.dev.id), inFiles('dev')]);
}

const photo = randomBytes(40_000).toString('hex');

/** A state of dev's code and media; its content is in the database. */
function write(number: number): void {
  writeFileSync(inFiles('dev/code.php'), `<?php echo "code ${number}\\n";`);
  mkdirSync(inFiles('dev/wp-content/uploads/2026'), { recursive: true });
  writeFileSync(inFiles(`dev/wp-content/uploads/2026/photo-${number}.txt`), `${number} ${photo}`);
}

/** What `aws deploy` does beside CloudFormation. */
async function publish(): Promise<void> {
  process.env.AWS_ENDPOINT_URL_S3 = s3.url;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
  const bucket = new Bucket(s3Client('eu-central-1'), bucketName, '');
  await publishSite(bucket, await loadSite(join(folder, 'understudy.config.ts')), bundle('cli/host/main'));
}

async function launch(id: string, address: string, zone: string): Promise<void> {
  const variables = {
    ...wordPressVariables('prod'),
    ...{ FILES_DIR: inFiles(''), MEDIA_FILES: 'fs-2:fsap-2', MEDIA_PATH: 'wp-content/uploads', PHP: 'php8.2' },
  };
  const own = { id, role: 'prod', address, variables, mounts: [names] } as const;
  const host = new TestHost({ ...own, site, bucket: bucketName, endpoint: gateway.url, image });
  hosts.push(host);
  operations.others.set(id, (args) => host.operate(args));
  await host.start();
  fleet.instances.push({ id, environment: 'prod', zone, address, lifecycle: 'InService', health: 'healthy' });
}

const awsEnvironment = () => ({ AWS_ENDPOINT_URL: gateway.url, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });

function understudy(...args: readonly string[]) {
  // What comes after -- is not the program's own.
  const own = args.includes('--') ? args.indexOf('--') : args.length;
  const config = ['--config', join(folder, 'understudy.config.ts')];
  return run(process.execPath, [program, ...args.slice(0, own), ...config, ...args.slice(own)], {
    cwd: folder,
    env: awsEnvironment(),
    accept: Array.from({ length: 256 }, (_, status) => status),
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

/** What visitors get of each instance: code, content and media of this state of dev, or of one for each of them. */
async function expectServed(code: number, content = code): Promise<void> {
  for (const host of hosts) {
    expect(await host.page('/code.php')).toMatchObject({ status: 200, text: `code ${code}\n` });
    const { status, text } = await host.page('/hello-world/');
    expect({ status, title: /<h1[^>]*>([^<]*)</.exec(text)?.[1] }).toEqual({ status: 200, title: titleOf(content) });
    expect(text).not.toContain('dev.example.com');
    const media = await host.page(`/wp-content/uploads/2026/photo-${content}.txt`);
    expect(media).toMatchObject({ status: 200, text: `${content} ${photo}` });
  }
}

const titleOf = (content: number) => (content === 1 ? 'Hello world!' : `Edit ${content}`);

describe.skipIf(!isRoot)('the platform in AWS, operated by the command (skipped: needs root)', () => {
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
      source: { server: 'primary', tables: expect.arrayContaining([expect.objectContaining({ name: 'wp_posts' })]) },
      leftovers: [],
    });
    await expectServed(1);
    const [first] = hosts;
    // Prod's own settings, out of its secret, beside the content of dev.
    expect(await first?.page()).toMatchObject({ edition: '1', text: expect.stringContaining('As prod has it') });
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
    await expectServed(1);
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
    await expectServed(2);
  });

  it('makes a replica anew, which the next promotion takes in, and meanwhile runs commands in dev and shows logs', async () => {
    const rebuilding = json('replica', 'rebuild', 'replica-2', '--yes');
    const insert = 'require "wp-load.php"; wp_update_post(["ID" => 1, "post_title" => "Edit 3"]); exit(7);';
    const { exitCode, stdout, stderr } = await understudy('shell', 'dev', '--', 'php8.2', '-r', insert);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 7, stdout: '', stderr: '' });
    const logs = await understudy('logs', '--lines', '3');
    expect(logs).toMatchObject({ exitCode: 0, stderr: '' });
    for (const host of ['the operations host', ...hosts.map(({ options }) => options.id)]) {
      expect(logs.stdout).toContain(`journal of ${host}: --no-pager -o short-iso -n 3 -u understudy*`);
    }
    expect(logs.stdout).toContain('"uri":"/code.php"');
    expect(await understudy('shell', 'prod', '--', 'id')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('in dev only'),
    });
    expect(await rebuilding).toMatchObject({ replica: 'replica-2', inUse: false });
    await expectServed(2);
  });

  it('goes on when the connection drops and holds until it is continued, watched by the same command again', async () => {
    write(3);
    const before = journals().length;
    // Nothing that could be taken for a wish: the machine of whoever asked is gone.
    const first = spawn(
      process.execPath,
      [program, 'promote', '--yes', '--hold', '--config', join(folder, 'understudy.config.ts')],
      { stdio: 'ignore', env: { ...process.env, ...awsEnvironment() } },
    );
    const ended = once(first, 'exit');
    await waitUntil(() => journals().length > before && hasJournal('"event":"done","step":"stage"'), {
      what: 'staging',
      deadlineMs: 60_000,
    });
    first.kill('SIGKILL');
    await ended;
    const watching = understudy('promote', '--yes', '--hold', '--json');
    await waitUntil(() => hasJournal('"event":"doing","step":"bake"'), { what: 'the bake', deadlineMs: 60_000 });
    await expectServed(3);
    expect(await json('promote', '--yes')).toMatchObject({ error: { code: 'locked' } });
    const continued = await json<PromotionResult>('promote', '--continue');
    requirePromoted(continued);
    expect(continued.certificate).toMatchObject({ edition: { replicas: ['replica-1', 'replica-2'] } });
    const { stdout, stderr } = await watching;
    expect(stderr).toContain('going on already');
    expect(JSON.parse(stdout)).toEqual(continued);
    await expectServed(3);
  });

  it('goes back to the code before', async () => {
    expect(await json('rollback', '--yes')).toMatchObject({ kind: 'rollback', outcome: 'promoted' });
    await expectServed(2, 3);
  });

  it('follows dev from sync start on, gates open as they are meant to be, until sync stop', async () => {
    expect(await json('sync', 'start', '--yes')).toMatchObject({ kind: 'sync-start', outcome: 'promoted' });
    await expectServed(3);
    expect(await gates()).toEqual(['open', 'open']);
    expect(await json('sync', 'stop')).toMatchObject({ kind: 'sync-stop', outcome: 'promoted' });
    expect(await gates()).toEqual(['closed', 'closed']);
  });
});

const gates = async () =>
  (await json<{ replicas: readonly { gate: string }[] }>('gate')).replicas.map(({ gate }) => gate);

/** Code, content and media that differ from before. */
async function edit(number: number): Promise<void> {
  write(number);
  await rds.servers.primary.sql(
    `UPDATE ${rds.schema}.wp_posts SET post_title = '${titleOf(number)}', post_modified_gmt = NOW() WHERE ID = 1`,
  );
}

const promotions = () => inFiles('operations/promotions');

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
