import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Orders, ordersKey } from '../../src/aws/fleet/orders.js';
import { type Report, reportKey } from '../../src/aws/fleet/reports.js';
import { Bucket } from '../../src/aws/operate/bucket.js';
import { Dispatch } from '../../src/aws/operate/fleet/dispatch.js';
import { waitUntil } from '../../src/process/wait.js';
import { type FakeS3, fakeS3 } from '../helpers/aws/s3.js';

let s3: FakeS3;
let bucket: Bucket;
let present: Set<string>;
beforeEach(async () => {
  s3 = await fakeS3({ address: '127.14.52.1', pageSize: 10 });
  await s3.createBucket('b');
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = new S3Client({
    endpoint: s3.url,
    forcePathStyle: true,
    region: 'eu-west-1',
    credentials,
    maxAttempts: 3,
  });
  bucket = new Bucket(client, 'b', '');
  present = new Set(['i-1', 'i-2']);
});
afterEach(() => s3.close());

const dispatch = () => new Dispatch({ bucket, environment: 'prod', present: async () => present });
const written = async (): Promise<Orders> => JSON.parse((await bucket.read(ordersKey('prod')))?.text ?? 'null');
const orderFor = (id: string) =>
  waitUntil(async () => (await written())?.orders[id], { what: `an order for ${id}`, deadlineMs: 5_000 });

async function report(instance: string, more: Partial<Report>): Promise<void> {
  const all: Report = {
    instance,
    at: Date.now(),
    run: 'a',
    current: 1,
    next: 1,
    editions: ['1'],
    requests: 0,
    failed: 0,
    working: null,
    ...more,
  };
  await bucket.write(reportKey('prod', instance), JSON.stringify(all), undefined);
}

const done = (number: number, result: Record<string, unknown> = {}): Pick<Report, 'answered'> => ({
  answered: { number, outcome: { kind: 'done', result } },
});

describe('orders', () => {
  it('for several instances are one write, with one number', async () => {
    const given = dispatch().give(['i-1', 'i-2'], { do: 'switch', edition: 3, at: 7 }, { deadlineMs: 10_000 });
    const [one, two] = [await orderFor('i-1'), await orderFor('i-2')];
    expect(one).toEqual(two);
    expect(s3.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(1);
    await report('i-1', done(one.number, { switchedAt: 5 }));
    await report('i-2', done(one.number, { switchedAt: 9 }));
    expect(await given).toEqual(
      new Map([
        ['i-1', { switchedAt: 5 }],
        ['i-2', { switchedAt: 9 }],
      ]),
    );
  });

  it('wait for the one before, whoever gave it, and no longer than it lasts', async () => {
    const first = dispatch().give(['i-1'], { do: 'refresh' }, { deadlineMs: 2_000 });
    const { number } = await orderFor('i-1');
    const second = dispatch().give(['i-1'], { do: 'verify', edition: 1 }, { deadlineMs: 20_000 });
    await expect(first).rejects.toMatchObject({ code: 'instance-silent', message: expect.stringContaining('i-1') });
    const next = await waitUntil(async () => (await orderFor('i-1')).number > number && orderFor('i-1'), {
      what: 'the next order',
      deadlineMs: 5_000,
    });
    await report('i-1', done(next.number, { manifestHash: 'abc' }));
    expect((await second).get('i-1')).toEqual({ manifestHash: 'abc' });
  });

  it('of two who give at the same moment both arrive', async () => {
    const both = [dispatch(), dispatch()].map((one, index) =>
      one.give([`i-${index + 1}`], { do: 'prune', keep: [] }, { deadlineMs: 10_000 }),
    );
    for (const id of ['i-1', 'i-2']) await report(id, done((await orderFor(id)).number));
    expect((await Promise.all(both)).map((answers) => answers.size)).toEqual([1, 1]);
    expect((await written()).last).toBe(2);
  });

  it('are given once when the answer of S3 is lost', async () => {
    await dispatch().watch();
    s3.loseAnswers('PUT', 1);
    const given = dispatch().give(['i-1'], { do: 'refresh' }, { deadlineMs: 10_000 });
    const { number } = await orderFor('i-1');
    await report('i-1', done(number));
    await given;
    expect((await written()).last).toBe(number);
  });

  it('that an instance cannot carry out fail with its own error, and its name', async () => {
    const given = dispatch().give(['i-2'], { do: 'verify', edition: 1 }, { deadlineMs: 10_000 });
    const { number } = await orderFor('i-2');
    const error = { code: 'release-damaged', message: 'style.css differs', kind: 'failed' } as const;
    await report('i-2', { answered: { number, outcome: { kind: 'failed', error } } });
    await expect(given).rejects.toMatchObject({ code: 'release-damaged', message: 'i-2: style.css differs' });
  });

  it('for an instance that has gone meanwhile are over', async () => {
    const given = dispatch().give(['i-2'], { do: 'refresh' }, { deadlineMs: 30_000 });
    await orderFor('i-2');
    present.delete('i-2');
    expect((await given).size).toBe(0);
  });

  it('of long ago are forgotten, and their numbers do not come again', async () => {
    const old = { number: 41, until: Date.now() - 3_600_000, task: { do: 'refresh' } };
    await bucket.write(
      ordersKey('prod'),
      JSON.stringify({ last: 41, watchedUntil: 0, orders: { 'i-9': old } }),
      undefined,
    );
    const given = dispatch().give(['i-1'], { do: 'refresh' }, { deadlineMs: 10_000 });
    const { number } = await orderFor('i-1');
    expect(number).toBe(42);
    expect(Object.keys((await written()).orders)).toEqual(['i-1']);
    await report('i-1', done(42));
    await given;
  });

  it('end with the signal of who waits', async () => {
    const stop = new AbortController();
    const given = dispatch().give(['i-1'], { do: 'refresh' }, { deadlineMs: 30_000, signal: stop.signal });
    await orderFor('i-1');
    stop.abort(new Error('Ctrl-C'));
    await expect(given).rejects.toThrow('Ctrl-C');
  });
});
