import { gzipSync } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyOf } from '../../src/access-log/key.js';
import { S3AccessLogs } from '../../src/aws/operate/access-logs.js';
import { Bucket } from '../../src/aws/operate/bucket.js';
import { type FakeS3, fakeS3 } from '../helpers/aws/s3.js';

const dayMs = 24 * 60 * 60_000;
const bucket = 'logs';
let s3: FakeS3;
let client: S3Client;

beforeEach(async () => {
  s3 = await fakeS3({ address: '127.14.50.1', pageSize: 2 });
  client = new S3Client({
    endpoint: s3.url,
    forcePathStyle: true,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 3,
  });
});

afterEach(() => s3.close());

/** A file as a load balancer would deliver it. */
function deliver(text: string, { at = Date.now(), account = '111122223333', region = 'eu-west-1', prefix = '' } = {}) {
  const writer = { account, region, balancer: 'app.shop.0', address: '10.0.0.7' };
  return s3.put(bucket, prefix + keyOf(writer, at, text), gzipSync(`${text}\n`));
}

async function read(since: number, prefix = ''): Promise<string[]> {
  const seen: string[] = [];
  for await (const lines of new S3AccessLogs(new Bucket(client, bucket, prefix)).lines(since)) seen.push(...lines);
  return seen.sort();
}

describe('access logs in a bucket', () => {
  it('are read wholly, over the pages of a list', async () => {
    for (const text of ['a', 'b', 'c', 'd', 'e']) await deliver(text);
    expect(await read(Date.now() - 60_000)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('are found in every account and region, below a prefix', async () => {
    await deliver('a', { prefix: 'web/' });
    await deliver('b', { prefix: 'web/', region: 'us-east-1' });
    await deliver('c', { prefix: 'web/', account: '444455556666' });
    await deliver('elsewhere');
    expect(await read(Date.now() - 60_000, 'web/')).toEqual(['a', 'b', 'c']);
  });

  it('of days nobody asked about are not even listed', async () => {
    await deliver('new');
    await deliver('old', { at: Date.now() - 3 * dayMs });
    expect(await read(Date.now() - 60_000)).toEqual(['new']);
    const day = new Date(Date.now() - 3 * dayMs).toISOString().slice(0, 10).replaceAll('-', '%2F');
    expect(s3.calls.filter((call) => call.includes(day))).toEqual([]);
    expect(await read(Date.now() - 4 * dayMs)).toEqual(['new', 'old']);
  });

  it('are read all the same when S3 is busy for a moment', async () => {
    await deliver('a');
    s3.fail('SlowDown', 503, 2);
    expect(await read(Date.now() - 60_000)).toEqual(['a']);
  });

  it('that these credentials may not read: the error names the call and what to allow', async () => {
    await deliver('a');
    s3.fail('AccessDenied', 403, 1);
    await expect(read(0)).rejects.toMatchObject({
      code: 'permission-missing',
      message: expect.stringContaining('s3:ListBucket on s3://logs/'),
    });
  });

  it('in a bucket that is not there: the error says so', async () => {
    const logs = new S3AccessLogs(new Bucket(client, 'no-such', ''));
    await expect(logs.lines(0).next()).rejects.toMatchObject({ code: 'aws-call-failed', message: /NoSuchBucket/ });
  });

  it('that are damaged: the error names the file', async () => {
    const writer = { account: '111122223333', region: 'eu-west-1', balancer: 'app.shop.0', address: '10.0.0.7' };
    const key = keyOf(writer, Date.now(), 'torn');
    await s3.put(bucket, key, gzipSync('a line\n'.repeat(1_000)).subarray(0, 30));
    await expect(read(Date.now() - 60_000)).rejects.toMatchObject({
      code: 'access-log-damaged',
      message: expect.stringContaining(key),
    });
  });
});
