import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Editions } from '../../src/aws/agent/carry-out.js';
import { InstanceAgent } from '../../src/aws/agent/instance-agent.js';
import { Watched } from '../../src/aws/agent/watched.js';
import { ordersKey, ordersSchema, type Task } from '../../src/aws/fleet/orders.js';
import { type Report, reportKey } from '../../src/aws/fleet/reports.js';
import { Bucket } from '../../src/aws/operate/bucket.js';
import { releaseKeys, S3ReleaseArchive } from '../../src/aws/operate/s3-release-archive.js';
import type { Edition } from '../../src/platform/edition.js';
import { waitUntil } from '../../src/process/wait.js';
import { editionSchema } from '../../src/release/stored.js';
import { type FakeS3, fakeS3 } from '../helpers/aws/s3.js';

const edition = (id: number): Edition => ({ id, release: id, position: undefined, replicas: [] });

let s3: FakeS3;
let bucket: Bucket;
let archive: S3ReleaseArchive;
let folder: string;
let done: string[];
let serving: number;
let over: AbortController;
let running: Promise<void>[];
let keepLogs: () => void;
beforeEach(async () => {
  s3 = await fakeS3({ address: '127.14.54.1', pageSize: 10 });
  await s3.createBucket('b');
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = new S3Client({
    endpoint: s3.url,
    forcePathStyle: true,
    region: 'eu-west-1',
    credentials,
    maxAttempts: 1,
  });
  bucket = new Bucket(client, 'b', '');
  folder = mkdtempSync(join(tmpdir(), 'understudy-agent-'));
  archive = new S3ReleaseArchive(bucket, folder);
  done = [];
  serving = 1;
  over = new AbortController();
  running = [];
  keepLogs = () => undefined;
});
afterEach(async () => {
  over.abort();
  await Promise.all(running);
  await s3.close();
  rmSync(folder, { recursive: true, force: true });
});

/** An instance whose editions are names only: what it is told to do is written down. */
const editions: Editions = {
  linked: async () => serving,
  names: async () => [String(serving)],
  prepare: async ({ id }) => void done.push(`prepare ${id}`),
  revise: async ({ id }) => void done.push(`revise ${id}`),
  switch: async (id) => {
    done.push(`switch ${id}`);
    serving = id;
    return 7;
  },
  prune: async (keep) => void done.push(`prune ${keep}`),
  verify: async () => 'abc',
  serves: async (wanted) => serving === (wanted?.id ?? 0),
  bringTo: async (wanted) => {
    done.push(`bring to ${wanted?.id}`);
    serving = wanted?.id ?? 0;
  },
};

function agent(strayMs = 60_000, has = editions): InstanceAgent {
  return new InstanceAgent({
    instance: 'i-1',
    environment: 'prod',
    parts: {
      root: folder,
      servers: {
        degraded: async () => [],
        php: async () => undefined,
        areIdle: async () => true,
        refresh: async () => void done.push('refresh'),
        reopenLogs: async () => undefined,
      },
      logs: { keepSmall: async () => keepLogs() },
      editions: has,
      hold: undefined,
      currentEdition: () => archive.currentEdition(),
    },
    orders: new Watched(bucket, ordersKey('prod'), ordersSchema),
    record: new Watched(bucket, releaseKeys.currentEdition, editionSchema),
    bucket,
    stateFile: join(folder, 'agent.json'),
    log: () => undefined,
    strayMs,
    logsMs: 0,
  });
}

function start(one: InstanceAgent, signal = over.signal): void {
  running.push(one.obey(signal));
}

async function order(number: number, task: Task, forMs = 60_000): Promise<void> {
  const orders = { last: number, watchedUntil: 0, orders: { 'i-1': { number, until: Date.now() + forMs, task } } };
  await bucket.write(ordersKey('prod'), JSON.stringify(orders), undefined);
}

const report = async (): Promise<Report | undefined> => {
  const found = await bucket.read(reportKey('prod', 'i-1'));
  return found && JSON.parse(found.text);
};
const answerTo = (number: number) =>
  waitUntil(async () => ((await report())?.answered?.number === number ? (await report())?.answered : undefined), {
    what: `the answer to ${number}`,
    deadlineMs: 8_000,
  });

describe('the agent of an instance', () => {
  it('carries out an order once, also when it is started anew', async () => {
    await archive.setCurrentEdition(edition(1));
    await order(5, { do: 'refresh' });
    const first = new AbortController();
    start(agent(), first.signal);
    expect(await answerTo(5)).toMatchObject({ outcome: { kind: 'done' } });
    first.abort();
    await Promise.all(running);
    start(agent());
    await order(6, { do: 'prune', keep: [1] });
    await answerTo(6);
    expect(done).toEqual(['refresh', 'prune 1']);
  });

  it('looks after its logs, and carries out orders where that fails', async () => {
    await archive.setCurrentEdition(edition(1));
    let looked = 0;
    keepLogs = () => {
      looked += 1;
      throw new Error('The disk is broken.');
    };
    await order(5, { do: 'refresh' });
    start(agent());
    expect(await answerTo(5)).toMatchObject({ outcome: { kind: 'done' } });
    expect(looked).toBeGreaterThan(0);
  });

  it('says that it is there although its orders cannot be read', async () => {
    await bucket.write(ordersKey('prod'), '{"orders": 7}', undefined);
    start(agent());
    expect(await waitUntil(report, { what: 'a report', deadlineMs: 5_000 })).toBeDefined();
  });

  it('refuses what comes after its time', async () => {
    await archive.setCurrentEdition(edition(1));
    await order(5, { do: 'refresh' }, -1);
    start(agent());
    expect(await answerTo(5)).toMatchObject({ outcome: { kind: 'failed', error: { code: 'order-late' } } });
    expect(done).toEqual([]);
  });

  it('switches to nothing that is not recorded, whatever it is told', async () => {
    await archive.setCurrentEdition(edition(1));
    await order(5, { do: 'switch', edition: 2, at: 0 });
    start(agent());
    expect(await answerTo(5)).toMatchObject({ outcome: { error: { code: 'order-outdated' } } });
    expect(serving).toBe(1);
  });

  it('goes by itself to what is recorded, when nobody has switched it there for a while', async () => {
    await archive.setCurrentEdition(edition(1));
    start(agent(3_000));
    await waitUntil(report, { what: 'a report', deadlineMs: 5_000 });
    await archive.setCurrentEdition(edition(2));
    const changedAt = Date.now();
    await waitUntil(() => serving === 2, { what: 'it to serve edition 2', deadlineMs: 10_000 });
    expect(Date.now() - changedAt).toBeGreaterThanOrEqual(3_000);
    expect(done).toEqual(['bring to 2']);
    await waitUntil(async () => (await report())?.current === 2, { what: 'its report', deadlineMs: 3_000 });
  });

  it('leaves everything as it is while the bucket does not answer', async () => {
    await archive.setCurrentEdition(edition(1));
    start(agent(1_200));
    await waitUntil(report, { what: 'a report', deadlineMs: 5_000 });
    s3.fail('AccessDenied', 403, 4);
    await order(5, { do: 'prune', keep: [] }).catch(() => undefined);
    await waitUntil(() => s3.calls.length > 12, { what: 'it to ask again', deadlineMs: 15_000 });
    expect(done.filter((what) => what.startsWith('bring'))).toEqual([]);
    expect(serving).toBe(1);
  });

  it('joins where the record changes while it is brought there: it is brought to what came last', async () => {
    await archive.setCurrentEdition(edition(2));
    const moving: Editions = {
      ...editions,
      bringTo: async (wanted) => {
        await editions.bringTo(wanted);
        if (wanted?.id === 2) await archive.setCurrentEdition(edition(3));
      },
    };
    await agent(60_000, moving).join(over.signal);
    expect(serving).toBe(3);
    expect((await report())?.current).toBe(3);
  });
});
