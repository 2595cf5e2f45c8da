import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeClients } from '../../src/aws/deployment/make-clients.js';
import { operationKeys } from '../../src/aws/naming.js';
import { Bucket } from '../../src/aws/operate/bucket.js';
import { askHost } from '../../src/aws/operate/host-commands.js';
import { JournalCopier, JournalReader } from '../../src/aws/operate/journal-copy.js';
import { endDeadLease, leaseHolder, takeLease } from '../../src/aws/operate/lease.js';
import { publishedSite, publishSite } from '../../src/aws/operate/published-site.js';
import type { UnderstudyError } from '../../src/output/errors.js';
import { identify } from '../../src/process/identity.js';
import { waitUntil } from '../../src/process/wait.js';
import { type ControlApi, controlApi, xml } from '../helpers/aws/control-api.js';
import { type FakeS3, fakeS3 } from '../helpers/aws/s3.js';
import { exampleSite } from '../helpers/aws-templates.js';

let s3: FakeS3;
let bucket: Bucket;
let folder: string;
beforeEach(async () => {
  s3 = await fakeS3({ address: '127.13.62.1', pageSize: 2 });
  await s3.createBucket('releases');
  const client = new S3Client({
    endpoint: s3.url,
    forcePathStyle: true,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  bucket = new Bucket(client, 'releases', '');
  folder = await mkdtemp(join(tmpdir(), 'understudy-operations-'));
});
afterEach(async () => {
  await s3.close();
  await rm(folder, { recursive: true, force: true });
});

const never = (error: UnderstudyError) => {
  throw error;
};
const wanted = { id: 'one', why: 'promote one', by: 'olga', onLost: never };

describe('the lease on changing prod', () => {
  it('has one holder, whom the second one is told of; it is free once it is given back', async () => {
    const lease = await takeLease(bucket, wanted);
    await expect(takeLease(bucket, { ...wanted, id: 'two' })).rejects.toMatchObject({
      code: 'locked',
      kind: 'refused',
      message: expect.stringMatching(/olga is at it: promote one/),
    });
    await lease.release();
    expect(await leaseHolder(bucket)).toBeUndefined();
    await (await takeLease(bucket, { ...wanted, id: 'two' })).release();
  });

  it('of ten who ask at the same moment one gets it', async () => {
    const asked = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => takeLease(bucket, { ...wanted, id: `${index}` })),
    );
    const taken = asked.filter((one) => one.status === 'fulfilled');
    expect(taken).toHaveLength(1);
    await taken[0]?.value.release();
  });

  it('of a process that is gone on this host is ended at once', async () => {
    const own = identify(process.pid);
    const gone = { ...own, pid: 1, startTime: 1 };
    const text = { id: 'one', why: 'x', by: 'olga', since: '', host: 'h', process: gone, renewedAt: Date.now() };
    await bucket.write(operationKeys.lease, JSON.stringify(text), undefined);
    expect(await endDeadLease(bucket)).toBeUndefined();
    expect(await leaseHolder(bucket)).toBeUndefined();
  });

  it('of another host is taken only when it was not renewed for a minute', async () => {
    const other = { pid: 1, startTime: 1, bootId: 'another machine' };
    const text = { id: 'one', why: 'x', by: 'olga', since: '', host: 'h', process: other, renewedAt: 1_000 };
    await bucket.write(operationKeys.lease, JSON.stringify(text), undefined);
    const at = (now: number) => ({ ...wanted, id: 'two', now: () => now });
    await expect(takeLease(bucket, at(60_000))).rejects.toMatchObject({ code: 'locked' });
    await (await takeLease(bucket, at(62_000))).release();
  });

  it('ends its holder when somebody else has it', async () => {
    let lost: UnderstudyError | undefined;
    const onLost = (error: UnderstudyError) => {
      lost = error;
    };
    const lease = await takeLease(bucket, { ...wanted, onLost, renewMs: 10 });
    await bucket.write(operationKeys.lease, 'null', undefined);
    await waitUntil(() => lost, { what: 'it to be lost', deadlineMs: 5_000 });
    expect(lost).toMatchObject({ code: 'lease-lost', remedy: expect.stringContaining('--resume') });
    await lease.release();
    expect(await leaseHolder(bucket)).toBeUndefined();
  });

  it('is kept by its holder when the answer to a renewal was lost', async () => {
    const lease = await takeLease(bucket, { ...wanted, renewMs: 10 });
    const before = (await leaseHolder(bucket))?.renewedAt ?? 0;
    s3.loseAnswers('PUT', 1);
    await waitUntil(async () => ((await leaseHolder(bucket))?.renewedAt ?? 0) > before + 50, {
      what: 'it to be renewed',
      deadlineMs: 5_000,
    });
    await lease.release();
  });
});

describe('a journal that is copied to S3', () => {
  const visitors = '{"event":"visitors"}\n';

  it('is read as it grows, line by line, by whoever comes at any time', async () => {
    const file = join(folder, 'journal');
    const copier = new JournalCopier(bucket, 'p/1/', file);
    const early = new JournalReader(bucket, 'p/1/');
    await copier.copy();
    expect(await early.next()).toEqual([]);
    await appendFile(file, 'one\ntwo ä\nhalf a li');
    await copier.copy();
    expect(await early.next()).toEqual(['one', 'two ä']);
    await appendFile(file, 'ne\n');
    // Another process goes on where the first one was killed.
    await new JournalCopier(bucket, 'p/1/', file).copy();
    await copier.copy();
    expect(await early.next()).toEqual(['half a line']);
    expect(await new JournalReader(bucket, 'p/1/').next()).toEqual(['one', 'two ä', 'half a line']);
  });

  it('is not copied for what only counts visitors, until something happens', async () => {
    const file = join(folder, 'journal');
    const copier = new JournalCopier(bucket, 'p/1/', file);
    await appendFile(file, visitors);
    await copier.copy(60_000);
    expect(s3.calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
    await appendFile(file, '{"event":"doing"}\n');
    await copier.copy(60_000);
    expect(await new JournalReader(bucket, 'p/1/').next()).toHaveLength(2);
  });
});

describe('what is deployed', () => {
  it('is the definition without what may be a secret, and the program by its content', async () => {
    await expect(publishedSite(bucket)).rejects.toMatchObject({ code: 'not-deployed', kind: 'refused' });
    const { site } = exampleSite({}, { environments: { prod: { constants: { KEY: 'sk_live_1' } } } });
    await publishSite(bucket, site, 'the program');
    const found = await publishedSite(bucket);
    expect(found.site.name).toBe('example');
    const text = async (key: string) => Buffer.from((await s3.get('releases', key)) ?? '').toString();
    const hash = (await text(operationKeys.program)).trim();
    expect(await text(`${operationKeys.programs}${hash}.mjs`)).toBe('the program');
    expect(await text(operationKeys.definition)).not.toContain('sk_live_1');
  });
});

describe('asking the operations host', () => {
  let api: ControlApi;
  let status = 'Success';
  let hosts: object[];
  const json = (value: object) => ({ type: 'application/x-amz-json-1.0' as const, body: JSON.stringify(value) });
  beforeEach(async () => {
    hosts = [{ instanceId: 'i-1', launchTime: '2026-01-01T00:00:00.000Z' }];
    status = 'Success';
    api = await controlApi('127.13.62.2', {
      'ec2:DescribeInstances': () => ({
        type: 'application/xml',
        body: xml('DescribeInstancesResponse', { reservationSet: { item: { instancesSet: { item: hosts } } } }),
      }),
      'ssm:SendCommand': () => json({ Command: { CommandId: '1' } }),
      'ssm:GetCommandInvocation': () =>
        json({ Status: status, StandardOutputContent: 'talk\n{"running":null}\n', StandardErrorContent: 'no disk' }),
    });
    Object.assign(process.env, { AWS_ENDPOINT_URL: api.url, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
  });
  const before = process.env.AWS_ENDPOINT_URL;
  afterEach(async () => {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL;
    else process.env.AWS_ENDPOINT_URL = before;
    await api.close();
  });
  const ask = (deadlineMs = 5_000) =>
    askHost('look', 'none', { clients: makeClients('eu-central-1'), siteName: 'example', deadlineMs });

  it('gives its answer, also when a call is throttled and a command is not known at first', async () => {
    api.fail('ssm:SendCommand', 'ThrottlingException', 400, 2);
    expect(await ask()).toEqual({ running: null });
    api.fail('ssm:GetCommandInvocation', 'InvocationDoesNotExist', 400, 1);
    expect(await ask()).toEqual({ running: null });
  });

  it('tells that there is none, that it is silent, and what it said when it failed', async () => {
    status = 'InProgress';
    await expect(ask(500)).rejects.toMatchObject({ code: 'host-silent' });
    status = 'Failed';
    await expect(ask()).rejects.toMatchObject({ code: 'host-failed', message: expect.stringContaining('no disk') });
    hosts = [];
    await expect(ask()).rejects.toMatchObject({ code: 'host-missing' });
  });

  it('names the call that may not be made, and credentials that have expired', async () => {
    api.fail('ssm:SendCommand', 'AccessDeniedException', 400, 1);
    await expect(ask()).rejects.toMatchObject({
      code: 'permission-missing',
      message: expect.stringContaining('ssm:SendCommand'),
    });
    api.fail('ec2:DescribeInstances', 'RequestExpired', 400, 6);
    await expect(ask()).rejects.toMatchObject({ code: 'credentials-expired' });
  });
});
