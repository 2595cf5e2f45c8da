import { RDSClient } from '@aws-sdk/client-rds';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bucket } from '../../../src/aws/operate/bucket.js';
import { rdsAuthorities } from '../../../src/aws/operate/database/authorities.js';
import { type AwsDatabase, awsDatabase } from '../../../src/aws/operate/database/aws-database.js';
import { mayBeOpen } from '../../../src/aws/operate/database/gate-record.js';
import { rebuildKey, rebuildReplica } from '../../../src/aws/operate/database/rebuild.js';
import { inSnapshot } from '../../../src/content/snapshot.js';
import { silent } from '../../../src/output/messages.js';
import { Secret } from '../../../src/output/secret.js';
import type { DatabaseRole, SqlValue } from '../../../src/platform/databases.js';
import type { MeantGate } from '../../../src/platform/meant-gates.js';
import { type Position, sequenceOf, toPosition } from '../../../src/platform/position.js';
import { waitUntil } from '../../../src/process/wait.js';
import { captureContent } from '../../../src/promotion/table-checksums.js';
import { capturePosition } from '../../../src/replication/capture.js';
import { connect } from '../../../src/sql/connect.js';
import { type FakeRds, fakeRds } from '../../helpers/aws/rds.js';
import { type FakeS3, fakeS3 } from '../../helpers/aws/s3.js';
import { gateContract } from '../../helpers/contracts/gate.js';

const network = '127.14.60';
let rds: FakeRds;
let s3: FakeS3;
let bucket: Bucket;
let aws: AwsDatabase;
const settings = { region: 'eu-central-1' };
const options = () => ({
  siteName: 'my-shop',
  clients: {
    rds: new RDSClient(settings),
    secrets: new SecretsManagerClient(settings),
    route53: new Route53Client(settings),
  },
  bucket,
});

beforeAll(async () => {
  rds = await fakeRds({ siteName: 'my-shop', network });
  s3 = await fakeS3({ address: `${network}.11`, pageSize: 1_000 });
  await s3.createBucket('releases');
  Object.assign(process.env, rds.environment);
  bucket = new Bucket(new S3Client({ ...settings, endpoint: s3.url, forcePathStyle: true }), 'releases', '');
  aws = awsDatabase(options());
  await sql('primary', 'dev', 'CREATE TABLE notes (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT)');
});

afterAll(async () => {
  await s3?.close();
  await rds?.close();
});

async function sql<Row extends object>(server: string, role: DatabaseRole, statement: string, values: SqlValue[] = []) {
  const connection = await aws.databases.connect(server, role);
  try {
    return await connection.query<Row>(statement, values);
  } finally {
    await connection.end();
  }
}
const write = (n: number) => sql('primary', 'dev', 'INSERT INTO notes (n) VALUES (?)', [n]);
const capture = () => capturePosition(aws);
const status = (replica: string) => aws.gate.status(replica);

const gates = async () => (await aws.record.read())['replica-1'];
const beyond = (at: Position) => toPosition(`${at.slice(0, at.indexOf(':'))}:1-${sequenceOf(at) + 1_000_000}`);

test('replicas that RDS has just made follow, until their gates are closed', async () => {
  await write(0);
  const at = await capture();
  await waitUntil(async () => (await status('replica-1')).position === at, { what: at, deadlineMs: 20_000 });
  expect((await status('replica-1')).gate).toBe('open');
  expect(await gates()).toBeUndefined();
  for (const replica of ['replica-1', 'replica-2', 'replica-2']) await aws.gate.close(replica);
  await write(1);
  expect(await status('replica-1')).toEqual({ gate: 'closed', position: at, errant: undefined, error: undefined });
});

gateContract('RDS for MySQL', () => ({ ...aws, write, beyond }));

test('what dev holds is read together with where it stands, and dev goes on writing', async () => {
  await write(10);
  const { position, source } = await captureContent(aws, { report: silent, signal: new AbortController().signal });
  expect(position).toBe(await capture());
  const [{ rows } = { rows: 0 }] = await sql<{ rows: number }>(
    'primary',
    'dev',
    'SELECT COUNT(*) AS `rows` FROM notes',
  );
  expect(source).toMatchObject({ server: 'primary', tables: [{ name: 'notes', rows }] });
  const reader = await aws.databases.connect('primary', 'operator');
  const count = 'SELECT COUNT(*) AS `rows` FROM notes';
  await inSnapshot(reader, async () => {
    const at = await aws.positions.snapshotAt(reader);
    await write(11);
    expect(at).toBe(position);
    expect(await reader.query(count)).toEqual([{ rows }]);
  });
  expect(await reader.query(count)).toEqual([{ rows: rows + 1 }]);
  await reader.end();
});

describe('what a gate is meant to be', () => {
  test('is closed, since it last moved: closing it again and going nowhere do not count', async () => {
    const { since, meant } = (await gates()) ?? {};
    expect(meant).toBe('closed');
    await aws.gate.close('replica-1');
    await aws.gate.advance('replica-1', (await status('replica-1')).position);
    expect(await gates()).toEqual({ meant: 'closed', since });
  });

  test('is advancing while it is moved, with a time by when that is over', async () => {
    await write(20);
    const at = await capture();
    const before = await gates();
    let during: MeantGate | undefined;
    const looking = waitUntil(
      async () => {
        during = await gates();
        return during?.meant === 'advancing';
      },
      { what: 'the advance', deadlineMs: 10_000, everyMs: 5 },
    );
    await aws.gate.advance('replica-1', at, { deadlineMs: 30_000 });
    await looking;
    expect(mayBeOpen(during, Date.now())).toBe(true);
    expect(mayBeOpen(during, Date.now() + 600_000)).toBe(false);
    const after = await gates();
    expect(after?.meant).toBe('closed');
    expect(Date.parse(after?.since ?? '')).toBeGreaterThan(Date.parse(before?.since ?? ''));
  });

  test('is open from before it is opened', async () => {
    await aws.gate.open('replica-1');
    expect(mayBeOpen(await gates(), Date.now())).toBe(true);
    await aws.gate.close('replica-1');
    expect(mayBeOpen(await gates(), Date.now())).toBe(false);
  });
});

describe('a gated replica', () => {
  test('that is rebooted and starts to replicate is seen to be open, and its position tells', async () => {
    const { position } = await status('replica-1');
    await rds.reboot('replica-1', { startsReplication: true });
    await write(30);
    await waitUntil(async () => (await status('replica-1')).position !== position, { what: 'it', deadlineMs: 20_000 });
    expect((await status('replica-1')).gate).toBe('open');
    const before = await gates();
    await aws.gate.close('replica-1');
    expect((await status('replica-1')).gate).toBe('closed');
    // RDS counts its 30 days from now.
    expect((await gates())?.since).not.toBe(before?.since);
  });

  test('that applies with several workers is refused an advance, and stays where it is', async () => {
    const before = await status('replica-1');
    await write(31);
    rds.servers['replica-1'].workers = 4;
    await expect(aws.gate.advance('replica-1', await capture())).rejects.toMatchObject({ code: 'replica-parallel' });
    rds.servers['replica-1'].workers = 1;
    expect(await status('replica-1')).toEqual(before);
  });

  test('whose replication RDS has ended is broken, and says so', async () => {
    const instance = rds.instances.get('replica-1');
    if (instance) instance.replication = 'terminated';
    await aws.databases.servers();
    expect(await status('replica-1')).toMatchObject({ gate: 'broken', error: expect.stringContaining('30 days') });
    if (instance) instance.replication = 'stopped';
    await aws.databases.servers();
    expect((await status('replica-1')).gate).toBe('closed');
  });
});

describe('the databases on RDS', () => {
  test('are redundant, and the standby has no name of ours', async () => {
    expect(await aws.databases.topology()).toEqual({
      state: 'redundant',
      primary: 'primary',
      standby: undefined,
      replicas: ['replica-1', 'replica-2'],
    });
  });

  test('are solo without a standby, failing over while RDS says so, else down; each within seconds', async () => {
    const primary = rds.instances.get('primary');
    if (!primary) throw new Error('There is no primary.');
    const state = async () => (await aws.databases.topology()).state;
    primary.multiAz = false;
    expect(await state()).toBe('solo');
    primary.multiAz = true;
    await rds.servers.primary.kill();
    expect(await state()).toBe('down');
    rds.events.push('Multi-AZ instance failover started.');
    expect(await state()).toBe('failing-over');
    rds.events.push('Multi-AZ instance failover completed');
    await rds.servers.primary.start();
    expect(await state()).toBe('redundant');
    await aws.gate.advance('replica-1', await capture());
  });

  test('are spoken to encrypted, and only if they prove who they are', async () => {
    const stranger = awsDatabase({ ...options(), authorities: { authorities: [...rdsAuthorities({}).authorities] } });
    await expect(stranger.databases.connect('primary', 'monitor')).rejects.toMatchObject({
      code: 'database-unreachable',
    });
    const plain = { host: `${network}.1`, port: 3306, user: 'monitor', password: new Secret('monitor-Password-1') };
    await expect(connect(plain)).rejects.toThrow('insecure transport');
  });

  test('are asked for a new password when the one that was kept is refused', async () => {
    await rds.rotate('monitor', 'monitor-Password-2');
    const asked = () => rds.api.calls.filter((name) => name === 'secretsmanager:GetSecretValue').length;
    const before = asked();
    for (let turn = 0; turn < 3; turn++) await sql('replica-2', 'monitor', 'SELECT 1');
    expect(asked()).toBe(before + 1);
  });

  test('that do not exist, and accounts that are not there, are told', async () => {
    await expect(aws.databases.connect('replica-9', 'operator')).rejects.toMatchObject({ code: 'no-such-server' });
    await expect(aws.databases.connect('primary', 'load')).rejects.toMatchObject({ code: 'no-such-account' });
  });

  test('are found in spite of calls that are throttled; a call that is not allowed is named', async () => {
    rds.api.fail('rds:DescribeDBInstances', 'Throttling', 400, 2);
    expect(await aws.databases.servers()).toHaveLength(3);
    rds.api.fail('rds:DescribeDBInstances', 'AccessDenied', 403, 1);
    await expect(aws.databases.servers()).rejects.toMatchObject({
      code: 'permission-missing',
      message: expect.stringContaining('rds:DescribeDBInstances'),
    });
  });
});

test('weights are those of the records, and a change leaves the rest of a record as it is', async () => {
  expect(await aws.routing.weights()).toEqual({ 'replica-1': 50, 'replica-2': 50 });
  await aws.routing.setWeight('replica-2', 0);
  expect(await aws.routing.weights()).toEqual({ 'replica-1': 50, 'replica-2': 0 });
  const changes = rds.api.calls.length;
  await aws.routing.setWeight('replica-2', 0);
  expect(rds.api.calls.slice(changes)).toEqual(['route53:ListResourceRecordSets']);
  await expect(aws.routing.setWeight('replica-9', 1)).rejects.toMatchObject({ code: 'no-such-server' });
});

describe('a replica that is made anew', () => {
  const work = { report: silent, signal: new AbortController().signal };
  const rebuild = (signal = work.signal) =>
    rebuildReplica({ ...parts(), replica: 'replica-2', everyMs: 50, deadlineMs: 60_000 }, { ...work, signal });
  const parts = () => ({ siteName: 'my-shop', rds: options().clients.rds, bucket, ...aws });

  test('is like the old one, stands where dev stood, and its gate is closed', async () => {
    await write(40);
    await rebuild();
    expect(await status('replica-2')).toMatchObject({ gate: 'closed', errant: undefined });
    const made = rds.instances.get('replica-2');
    expect(made).toMatchObject({ deletionProtection: true, status: 'available' });
    expect(made?.madeWith).toMatchObject({
      DBInstanceIdentifier: 'understudy-my-shop-data-replica-2-1a2b3c',
      SourceDBInstanceIdentifier: 'understudy-my-shop-data-primary-1a2b3c',
      DBParameterGroupName: 'replicas-parameters',
      AvailabilityZone: 'eu-central-1b',
      AutoMinorVersionUpgrade: 'false',
      'VpcSecurityGroupIds.VpcSecurityGroupId.1': 'sg-replicas',
    });
    await write(41);
    const at = await capture();
    await aws.gate.advance('replica-2', at);
    expect((await status('replica-2')).position).toBe(at);
    expect(await s3.get('releases', rebuildKey('replica-2'))).toBeUndefined();
  });

  test('is made by the next call, when the one before was cut off wherever it stood', async () => {
    for (const step of ['rds:ModifyDBInstance', 'rds:DeleteDBInstance', 'rds:CreateDBInstanceReadReplica']) {
      const abort = new AbortController();
      const before = rds.api.calls.length;
      const cut = rebuild(abort.signal).catch((error: Error) => error.message);
      await waitUntil(() => rds.api.calls.slice(before).includes(step), { what: step, deadlineMs: 20_000, everyMs: 5 });
      abort.abort(new Error('cut off'));
      expect(await cut).toBe('cut off');
      await rebuild();
      expect(await status('replica-2')).toMatchObject({ gate: 'closed', errant: undefined });
      const made = rds.api.calls.slice(before).filter((name) => name === 'rds:CreateDBInstanceReadReplica');
      expect(made).toHaveLength(1);
    }
  });

  test('is never the primary', async () => {
    await expect(rebuildReplica({ ...parts(), replica: 'primary', everyMs: 50 }, work)).rejects.toMatchObject({
      code: 'rebuild-failed',
    });
    expect(rds.instances.get('primary')?.status).toBe('available');
  });
});
