import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AccessCounter } from '../../../src/aws/agent/access-counter.js';
import { InstanceLogs } from '../../../src/aws/agent/instance-logs.js';
import { Servers } from '../../../src/aws/agent/servers.js';
import { ordersKey } from '../../../src/aws/fleet/orders.js';
import { Bucket } from '../../../src/aws/operate/bucket.js';
import { type AwsFleet, awsFleet } from '../../../src/aws/operate/fleet/aws-fleet.js';
import { Canary } from '../../../src/aws/operate/fleet/canary.js';
import { Members } from '../../../src/aws/operate/fleet/members.js';
import { awsTraffic } from '../../../src/aws/operate/fleet/traffic.js';
import { S3ReleaseArchive } from '../../../src/aws/operate/s3-release-archive.js';
import type { Edition } from '../../../src/platform/edition.js';
import { waitUntil } from '../../../src/process/wait.js';
import { sha256 } from '../../../src/release/manifest.js';
import { type FakeFleet, type FakeInstance, fakeFleet } from '../../helpers/aws/fleet.js';
import { imageFiles, TestHost } from '../../helpers/aws/host.js';
import { type FakeS3, fakeS3 } from '../../helpers/aws/s3.js';
import { webAccount } from '../instance/instance.js';
import { releasesIn, writeRelease } from '../instance/release.js';

/**
 * The fleet in AWS with real instances on this machine: the start script, nginx, PHP-FPM, the release agent and the
 * bundled agent run as they would there. S3 and what AWS tells of instances are stand-ins.
 */
const site = 'shop';
const bucketName = 'releases';
const page = (text: string) => ({ 'index.php': `<?php usleep(20000); echo "${text}\n";`, 'style.css': 'p {}\n' });
const edition = (id: number, release = id): Edition => ({ id, release, position: undefined, replicas: [] });

let s3: FakeS3;
let aws: FakeFleet;
let image: string;
let folder: string;
let bucket: Bucket;
let archive: S3ReleaseArchive;
let fleet: AwsFleet;
let canary: Canary;
let members: Members;
const hosts: TestHost[] = [];

const clientSettings = (endpoint: string) => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  maxAttempts: 3,
});

beforeAll(async () => {
  s3 = await fakeS3({ address: '127.13.40.1', pageSize: 3 });
  await s3.createBucket(bucketName);
  aws = await fakeFleet('127.13.40.2', site);
  image = imageFiles();
  folder = mkdtempSync(join(tmpdir(), 'understudy-fleet-'));
  // The servers' account has to get through.
  chmodSync(folder, 0o755);
  bucket = new Bucket(new S3Client({ ...clientSettings(s3.url), forcePathStyle: true }), bucketName, '');
  archive = new S3ReleaseArchive(bucket, join(folder, 'work'));
  canary = new Canary({
    site,
    instanceFolder: image,
    folder: join(folder, 'canary'),
    runDir: join(folder, 'canary-run'),
    address: '127.13.40.9',
    account: webAccount,
    variables: { APP_KIND: 'php', DEV_URL: 'https://dev.example.com', PHP_FPM: 'php-fpm8.2' },
    writeConfiguration: async (into) => writeFileSync(join(into, 'settings.php'), '<?php return 1;'),
    bucket,
  });
  const settings = clientSettings(aws.url);
  const clients = {
    autoScaling: new AutoScalingClient(settings),
    balancers: new ElasticLoadBalancingV2Client(settings),
    ec2: new EC2Client(settings),
    cloudWatch: new CloudWatchClient(settings),
  };
  members = new Members(site, clients);
  const jobs = { hold: async () => undefined, release: async () => undefined };
  fleet = awsFleet({ bucket, members, canary, jobs });
  for (const [release, text] of [
    [1, 'first'],
    [2, 'second'],
  ] as const) {
    await addRelease(release, text);
  }
});

afterAll(async () => {
  await canary?.dismiss();
  for (const host of hosts) await host.remove();
  await s3?.close();
  await aws?.close();
  for (const made of [image, folder]) if (made) rmSync(made, { recursive: true, force: true });
});

async function addRelease(number: number, text: string): Promise<void> {
  const releases = releasesIn(join(folder, `release-${number}`));
  await writeRelease(releases, number, page(text));
  const file = join(releases.packs, `${number}.tar.zst`);
  const bytes = readFileSync(file);
  const pack = { number, sha256: sha256(bytes), size: bytes.length, files: 2, contentBytes: 60 };
  const manifest = readFileSync(releases.manifest(number), 'utf8');
  await archive.addPack(pack, file);
  const record = { number, hash: sha256(manifest), files: 2, bytes: 60, createdAt: '', packs: [pack], components: [] };
  await archive.addRelease(record, manifest);
}

/** A machine that Auto Scaling has started: in its group at once, in service once it answers. */
async function launch(id: string, address: string, role: 'dev' | 'prod' = 'prod'): Promise<TestHost> {
  const host = new TestHost({ id, role, address, site, bucket: bucketName, endpoint: s3.url, image });
  hosts.push(host);
  const seen: FakeInstance = {
    id,
    environment: role,
    zone: 'eu-west-1a',
    address,
    lifecycle: 'Pending',
    health: undefined,
  };
  aws.instances.push(seen);
  await host.start();
  seen.lifecycle = 'InService';
  seen.health = 'healthy';
  return host;
}

const one = 'i-00000000000000001';
const two = 'i-00000000000000002';
const signal = () => AbortSignal.timeout(60_000);
/** What Auto Scaling says is used again for two seconds. */
const present = async () => (await fleet.instances('prod')).map(({ id }) => id);
const states = async () => (await fleet.instances('prod')).map(({ id, state, edition: serves }) => [id, state, serves]);

describe('instances in AWS', () => {
  let first: TestHost;
  let second: TestHost;

  it('say that nothing has been promoted before it has, and are listed', async () => {
    [first, second] = await Promise.all([launch(one, '127.13.40.11'), launch(two, '127.13.40.12')]);
    await waitUntil(async () => (await states()).every(([, state]) => state === 'healthy'), {
      what: 'both to be healthy',
      deadlineMs: 20_000,
    });
    expect(await states()).toEqual([
      [one, 'healthy', undefined],
      [two, 'healthy', undefined],
    ]);
    expect(await first.page()).toMatchObject({ status: 503, edition: '0' });
  });

  it('prepare an edition, and switch to it together once it is recorded', async () => {
    await Promise.all([one, two].map((id) => fleet.prepare(id, edition(1), signal())));
    expect((await first.page('/', true)).text).toBe('first\n');
    expect((await first.page()).status).toBe(503);
    await expect(fleet.switch([one, two], 1)).rejects.toMatchObject({ code: 'order-outdated' });
    await archive.setCurrentEdition(edition(1));
    const { spreadMs } = await fleet.switch([one, two], 1);
    expect(spreadMs).toBeLessThan(1_000);
    for (const host of [first, second]) expect(await host.page()).toMatchObject({ edition: '1', text: 'first\n' });
    expect((await states()).map(([, , serves]) => serves)).toEqual([1, 1]);
  });

  it('that are already where they are ordered answer at once', async () => {
    await fleet.prepare(one, edition(1), signal());
    expect((await fleet.switch([one], 1)).spreadMs).toBe(0);
  });

  it('hash every file again, and name what differs', async () => {
    const record = await archive.record(1);
    expect(await fleet.verify(one, 1, signal())).toBe(record?.hash);
    const file = join(second.root, 'editions/1/style.css');
    const content = readFileSync(file);
    writeFileSync(file, 'q {}\n');
    await expect(fleet.verify(two, 1, signal())).rejects.toMatchObject({
      code: 'release-damaged',
      message: expect.stringContaining(two),
    });
    writeFileSync(file, content);
  });

  it('whose agent is killed while it works carry the order out when it runs again', async () => {
    const prepared = fleet.prepare(two, edition(2), signal());
    await waitUntil(() => bucket.read(ordersKey('prod')).then((found) => found?.text.includes('"release":2')), {
      what: 'the order',
      deadlineMs: 5_000,
    });
    second.killAgent();
    await second.startAgent();
    await prepared;
    expect((await second.page('/', true)).text).toBe('second\n');
    expect((await second.page()).text).toBe('first\n');
  });

  it('tell what is left of other editions, and remove it', async () => {
    expect(await fleet.leftovers(1)).toEqual([`${two} has edition 2`]);
    await fleet.switch([two], 1);
    await fleet.prepare(two, edition(1), signal());
    await fleet.prune(two, [1]);
    expect(await fleet.leftovers(1)).toEqual([]);
    expect(readdirSync(join(second.root, 'editions')).sort()).toEqual(['.lock', '0', '1']);
  });

  it('that do not have the recorded edition refuse to switch to it, so that it can be prepared', async () => {
    await archive.setCurrentEdition(edition(2));
    await expect(fleet.switch([two], 2)).rejects.toMatchObject({ code: 'edition-refused' });
    expect((await second.page()).text).toBe('first\n');
  });

  it('whose agent is killed while it waits for the moment switch all the same', async () => {
    await Promise.all([one, two].map((id) => fleet.prepare(id, edition(2), signal())));
    const switched = fleet.switch([one, two], 2);
    // It looks once a second: by then it has begun to wait.
    await delay(1_500);
    second.killAgent();
    await second.startAgent();
    expect((await switched).spreadMs).toBeLessThan(20_000);
    for (const host of [first, second]) expect(await host.page()).toMatchObject({ edition: '2', text: 'second\n' });
    await archive.setCurrentEdition(edition(1));
    await fleet.switch([one, two], 1);
    for (const id of [one, two]) await fleet.prepare(id, edition(1), signal());
    for (const id of [one, two]) await fleet.prune(id, [1]);
    expect(await fleet.leftovers(1)).toEqual([]);
  });

  it('start PHP anew without a request that fails', async () => {
    const startedAt = async () =>
      (JSON.parse((await first.page('/-/fpm-status?json')).text) as { 'start time': number })['start time'];
    const before = await startedAt();
    const statuses: number[] = [];
    const over = new AbortController();
    const visitors = Array.from({ length: 3 }, async () => {
      while (!over.signal.aborted) statuses.push((await first.page(`/?${Math.random()}`)).status);
    });
    await fleet.refresh(one);
    over.abort();
    await Promise.all(visitors);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(statuses.length).toBeGreaterThan(5);
    expect(await startedAt()).toBeGreaterThan(before);
  });

  it('that join late boot straight into what prod serves', async () => {
    const third = await launch('i-00000000000000003', '127.13.40.13');
    expect(await third.page()).toMatchObject({ status: 200, edition: '1', text: 'first\n' });
    await expect.poll(present, { timeout: 5_000 }).toContain('i-00000000000000003');
  });

  it('that are gone are waited for no longer, and need nothing', async () => {
    const third = hosts[2] as TestHost;
    third.killAgent();
    const gone = aws.instances.find(({ id }) => id === third.options.id) as FakeInstance;
    const prepared = fleet.prepare(third.options.id, edition(2), signal());
    gone.lifecycle = 'Terminating';
    await prepared;
    await expect.poll(present, { timeout: 5_000 }).toEqual([one, two]);
  });

  it('count what visitors asked, and how long they waited', async () => {
    const traffic = awsTraffic({
      fleet,
      members,
      clients: {
        balancers: new ElasticLoadBalancingV2Client(clientSettings(aws.url)),
        cloudWatch: new CloudWatchClient(clientSettings(aws.url)),
      },
    });
    const before = await traffic.counters('prod');
    const from = Date.now();
    for (let index = 0; index < 10; index++) await first.page(`/?page=${index}`);
    await second.page('/?page=1');
    const counted = async () => (await traffic.counters('prod')).requests - before.requests === 11;
    await waitUntil(counted, { what: 'eleven requests to be counted', deadlineMs: 15_000, everyMs: 300 });
    const span = await traffic.span('prod', from, Date.now());
    expect(span).toMatchObject({ requests: 11, failed: 0, uncached: 11 });
    expect(span.p95Ms).toBeGreaterThanOrEqual(15);
  });
});

describe('the logs of an instance', () => {
  it('are put aside when they are large; servers go on in new ones, and every request is counted', async () => {
    const host = beOn(hosts[0]);
    const log = join(host.root, 'logs/access.log');
    const logs = new InstanceLogs(host.root, new Servers(host.origin, 2), 10);
    const counter = new AccessCounter(log);
    await host.page('/?before');
    await waitUntil(() => readFileSync(log, 'utf8').includes('/?before'), { what: 'its line', deadlineMs: 5_000 });
    await counter.read();
    await host.page('/?between');
    await logs.keepSmall();
    await host.page('/?after');
    await waitUntil(() => existsSync(log) && readFileSync(log, 'utf8').includes('/?after'), {
      what: 'the new log',
      deadlineMs: 5_000,
    });
    expect(readFileSync(`${log}.1`, 'utf8')).toContain('/?between');
    for (const name of ['error.log', 'php-fpm.log']) expect(existsSync(join(host.root, 'logs', name)), name).toBe(true);
    await counter.read();
    expect(counter.requests).toBe(2);
  });

  it('are opened anew also when whoever put one aside has died before it said so', async () => {
    const host = beOn(hosts[0]);
    const log = join(host.root, 'logs/access.log');
    renameSync(log, `${log}.1`);
    await new InstanceLogs(host.root, new Servers(host.origin, 2)).keepSmall();
    await waitUntil(() => existsSync(log), { what: 'the new log', deadlineMs: 5_000 });
  });
});

/** Has this process find the programs of a host, as its agent does. */
function beOn(host: TestHost | undefined): TestHost {
  if (!host) throw new Error('There is no instance.');
  const { PATH } = process.env;
  process.env.PATH = `${join(host.folder, 'bin')}:${PATH}`;
  onTestFinished(() => void Object.assign(process.env, { PATH }));
  return host;
}

describe('the canary', () => {
  it('has two editions on the operations host, which no visitor sees, and goes', async () => {
    const { id, origin, previewOrigin } = await fleet.bootCanary();
    await fleet.prepare(id, edition(1), signal());
    await fleet.switch([id], 1);
    await fleet.prepare(id, edition(2), signal());
    const text = async (from: string) => (await fetch(from)).text();
    expect([await text(origin), await text(previewOrigin)]).toEqual(['first\n', 'second\n']);
    expect(await fleet.leftovers(1)).toEqual(['the canary has not been dismissed']);
    await fleet.dismissCanary();
    expect(await fleet.leftovers(1)).toEqual([]);
    await expect(fetch(origin)).rejects.toThrow();
  });

  it('that an earlier process has left is found and taken away', async () => {
    await fleet.bootCanary();
    const { origin } = await fleet.bootCanary();
    expect((await fetch(`${origin}/-/health`)).status).toBe(200);
    await fleet.dismissCanary();
    await expect(fetch(origin)).rejects.toThrow();
  });

  it('has a configuration whose name is that of its content', async () => {
    expect(await fleet.configuration()).toBe(await fleet.configuration());
  });
});

describe('dev', () => {
  let dev: TestHost;

  it('is held while a promotion reads it, and let go', async () => {
    dev = await launch('i-000000000000000de', '127.13.40.21', 'dev');
    expect(await dev.page()).toMatchObject({ status: 200, text: 'dev\n' });
    const hold = await fleet.holdDev(30_000, signal());
    expect((await dev.page()).status).toBe(503);
    expect(await dev.answers()).toBe(true);
    await hold.release();
    expect((await dev.page()).status).toBe(200);
  });

  it('is let go by itself when nobody renews the hold', async () => {
    const until = Date.now() + 4_000;
    await fleet.dispatch.dev.give([dev.options.id], { do: 'hold', until }, { deadlineMs: 10_000 });
    expect((await dev.page()).status).toBe(503);
    await waitUntil(async () => (await dev.page()).status === 200, { what: 'dev to answer', deadlineMs: 10_000 });
    expect(Date.now()).toBeGreaterThanOrEqual(until);
  });

  it('is not held while a request does not end', async () => {
    writeFileSync(join(dev.folder, 'files/dev/slow.php'), '<?php sleep(8); echo "slow";');
    const slow = dev.page('/slow.php');
    await delay(500);
    await expect(fleet.holdDev(30_000, signal())).rejects.toMatchObject({ code: 'dev-busy' });
    expect((await dev.page()).status).toBe(200);
    expect((await slow).text).toBe('slow');
  });
});
