import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RDSClient } from '@aws-sdk/client-rds';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../../src/aws/bundles.js';
import { reportKey } from '../../../src/aws/fleet/reports.js';
import { cronKey } from '../../../src/aws/functions/look-at-site.js';
import { Bucket } from '../../../src/aws/operate/bucket.js';
import { rdsAuthorities } from '../../../src/aws/operate/database/authorities.js';
import { type AwsDatabase, awsDatabase } from '../../../src/aws/operate/database/aws-database.js';
import { releaseKeys } from '../../../src/aws/operate/s3-release-archive.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { capturePosition } from '../../../src/replication/capture.js';
import { type FakeRds, fakeRds } from '../../helpers/aws/rds.js';
import { type FakeS3, fakeS3 } from '../../helpers/aws/s3.js';

const network = '127.14.61';
let rds: FakeRds;
let s3: FakeS3;
let bucket: Bucket;
let aws: AwsDatabase;
let folder: string;

beforeAll(async () => {
  rds = await fakeRds({ siteName: 'my-shop', network });
  s3 = await fakeS3({ address: `${network}.11`, pageSize: 2 });
  await s3.createBucket('releases');
  folder = await mkdtemp(join(tmpdir(), 'understudy-functions-'));
  await writeFile(join(folder, 'index.mjs'), bundle('aws/functions/main'));
  Object.assign(process.env, rds.environment);
  const settings = { region: 'eu-central-1' };
  bucket = new Bucket(new S3Client({ ...settings, endpoint: s3.url, forcePathStyle: true }), 'releases', '');
  aws = awsDatabase({
    siteName: 'my-shop',
    clients: {
      rds: new RDSClient(settings),
      secrets: new SecretsManagerClient(settings),
      route53: new Route53Client(settings),
    },
    bucket,
    authorities: rdsAuthorities(),
  });
});

afterAll(async () => {
  await s3?.close();
  await rds?.close();
  await rm(folder, { recursive: true, force: true });
});

/** As Lambda does: Node, this one file, and what is in the environment. */
async function call(handler: 'heartbeat' | 'keeper') {
  const before = rds.metrics.length;
  const { stdout } = await run(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', `await (await import('${folder}/index.mjs')).${handler}({});`],
    {
      cleanEnv: true,
      cwd: folder,
      env: { ...rds.environment, AWS_ENDPOINT_URL_S3: s3.url, SITE: 'my-shop', RELEASE_BUCKET: 'releases' },
    },
  );
  const published = Object.fromEntries(
    rds.metrics
      .slice(before)
      .map(({ name, value, dimensions: { Replica } }) => [
        Replica === undefined ? name : `${name} ${Replica.replace(/.*(replica-\d).*/, '$1')}`,
        value,
      ]),
  );
  return { stdout, published };
}
const put = (key: string, value: object) => s3.put('releases', key, Buffer.from(JSON.stringify(value)));
const write = async (statement: string) => {
  const dev = await aws.databases.connect('primary', 'dev');
  await dev.query(statement).finally(() => dev.end());
};
const passwordsIn = (text: string) => Object.values(rds.passwords).filter((password) => text.includes(password));

test('replicas that RDS has just made follow dev; the keeper closes their gates and begins to count', async () => {
  const { stdout, published } = await call('keeper');
  expect(stdout).toContain('replica-1');
  expect(passwordsIn(stdout)).toEqual([]);
  for (const replica of ['replica-1', 'replica-2']) {
    expect((await aws.gate.status(replica)).gate).toBe('closed');
    expect((await aws.record.read())[replica]?.meant).toBe('closed');
  }
  // Nothing was promoted yet, so nothing can have leaked.
  expect(published).toMatchObject({
    NobodySupervises: 0,
    PrimaryDown: 0,
    ReplicasAnswering: 2,
    'ReplicaDown replica-1': 0,
    'GateLeaked replica-1': 0,
    'GateOpen replica-2': 0,
    'GateBroken replica-2': 0,
  });
  expect(published.GateClosedDays).toBeLessThan(0.01);
  expect(published).not.toHaveProperty('EditionReplicas');
});

test('a gated replica that was rebooted and replicates is closed, and told as a leak', async () => {
  const position = await capturePosition(aws);
  for (const replica of ['replica-1', 'replica-2']) await aws.gate.advance(replica, position);
  const edition = { id: 3, release: 2, position, replicas: ['replica-1', 'replica-2'] };
  await put(releaseKeys.currentEdition, edition);
  expect((await call('keeper')).published).toMatchObject({ 'GateLeaked replica-2': 0, EditionReplicas: 2 });

  await rds.reboot('replica-2', { startsReplication: true });
  await write('CREATE TABLE written_after (id INT PRIMARY KEY)');
  await waitUntil(async () => (await aws.gate.status('replica-2')).position !== position, {
    what: 'replica-2 to move',
    deadlineMs: 20_000,
  });
  const { published } = await call('keeper');
  expect(published).toMatchObject({ 'GateLeaked replica-2': 1, 'GateLeaked replica-1': 0 });
  expect((await aws.gate.status('replica-2')).gate).toBe('closed');
  // It stands elsewhere than prod's edition until somebody mends that.
  expect((await call('keeper')).published).toMatchObject({ 'GateLeaked replica-2': 1, 'GateOpen replica-2': 0 });
});

test('a gate that is meant to be open, or is advancing, is left alone', async () => {
  await aws.gate.open('replica-1');
  expect((await call('keeper')).published).toMatchObject({ 'GateOpen replica-1': 1 });
  expect((await aws.gate.status('replica-1')).gate).toBe('open');
  await aws.gate.close('replica-1');
});

test('what instances and scheduled jobs have said is measured; who is silent is not counted', async () => {
  const report = { instance: 'i-1', run: 'a', next: null, editions: [], requests: 0, failed: 0, working: null };
  await put(reportKey('prod', 'i-1'), { ...report, at: Date.now(), current: 3 });
  await put(reportKey('prod', 'i-2'), { ...report, instance: 'i-2', at: Date.now(), current: 2 });
  await put(reportKey('prod', 'i-3'), { ...report, instance: 'i-3', at: Date.now() - 600_000, current: 1 });
  await put(cronKey, { startedAt: Date.now() - 30_000, runners: 1 });
  const { published } = await call('keeper');
  expect(published).toMatchObject({ InstancesNotOnEdition: 1, CronRunners: 1 });
  expect(published.CronAgeSeconds).toBeGreaterThan(29);
});

test('the heartbeat says which replica answers, whatever the gates are, and when one is lost', async () => {
  expect((await call('heartbeat')).published).toEqual({ 'ReplicaAnswers replica-1': 1, 'ReplicaAnswers replica-2': 1 });
  await rds.servers['replica-2'].kill();
  expect((await call('heartbeat')).published).toEqual({ 'ReplicaAnswers replica-1': 1, 'ReplicaAnswers replica-2': 0 });
  const { published } = await call('keeper');
  expect(published).toMatchObject({ ReplicasAnswering: 1, 'ReplicaDown replica-2': 1 });
  expect(published).not.toHaveProperty('GateLeaked replica-2');
  await rds.servers['replica-2'].start();
});
