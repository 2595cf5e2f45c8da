import { appendFile, mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseEntry } from '../../../src/access-log/entry.js';
import { LocalAccessLogs } from '../../../src/local/access-log/local-access-logs.js';
import { AccessLogPublisher, type PublisherOptions } from '../../../src/local/access-log/publish.js';
import { type Spool, SpoolProgress } from '../../../src/local/access-log/spool.js';

const dayMs = 24 * 60 * 60_000;
let folder: string;
let spool: Spool;
let options: PublisherOptions;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-access-logs-'));
  spool = { name: 'haproxy-1', file: join(folder, 'haproxy-1.requests'), address: '127.14.0.31' };
  options = {
    spools: [spool],
    progress: new SpoolProgress(join(folder, 'access-logs.json')),
    folder: join(folder, 'access-logs'),
    names: { balancer: 'app/shop/0', targetGroups: { dev: 'targetgroup/shop-dev/0', prod: 'targetgroup/shop-prod/0' } },
    writer: { account: '000000000000', region: 'local', balancer: 'app.shop.0' },
    retentionDays: 30,
  };
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A line as HAProxy writes it. */
const written = (uri: string, at = Date.now()) =>
  `${JSON.stringify({
    at,
    client: '127.0.0.1:5000',
    target: '127.14.1.151:8080',
    received: 0,
    queued: 0,
    connected: 0,
    answered: 12,
    sent: 1,
    status: 200,
    targetStatus: '200',
    bytesIn: 100,
    bytesOut: 2_000,
    method: 'GET',
    host: 'shop.example',
    uri,
    version: 'HTTP/1.1',
    agent: 'test',
    cipher: '-',
    tls: 'TLSv1.3',
    name: 'shop.example',
    port: '8443',
    backend: 'prod',
    major: '1',
    edition: '3',
  })}\n`;

async function emptySpool(): Promise<string> {
  await writeFile(spool.file, '');
  return spool.file;
}

/** The paths that a reader sees, sorted. */
async function read(since = 0): Promise<string[]> {
  const { retentionDays, ...rest } = options;
  const seen: string[] = [];
  for await (const lines of new LocalAccessLogs(rest).lines(since)) {
    for (const line of lines) seen.push(new URL(parseEntry(line)?.url ?? 'https://-/-').pathname);
  }
  return seen.sort();
}

const files = async () =>
  (await readdir(options.folder, { recursive: true }).catch(() => [])).filter((name) => name.endsWith('.log.gz'));

const roomOf = async () => (await stat(spool.file)).blocks * 512;

describe('publishing access logs', () => {
  it('shows every request once: before it is published, between two files, and after', async () => {
    const publisher = new AccessLogPublisher(options);
    await appendFile(spool.file, written('/1') + written('/2'));
    expect(await read()).toEqual(['/1', '/2']);
    await publisher.publish(spool);
    await appendFile(spool.file, written('/3'));
    expect(await read()).toEqual(['/1', '/2', '/3']);
    await publisher.publish(spool);
    expect(await read()).toEqual(['/1', '/2', '/3']);
    expect(await files()).toHaveLength(2);
  });

  it('leaves a line that is not whole yet for the next file', async () => {
    const publisher = new AccessLogPublisher(options);
    const torn = written('/2');
    await appendFile(spool.file, written('/1') + torn.slice(0, 40));
    await publisher.publish(spool);
    expect(await read()).toEqual(['/1']);
    await appendFile(spool.file, torn.slice(40));
    await publisher.publish(spool);
    expect(await read()).toEqual(['/1', '/2']);
  });

  it('makes no file where nobody asked for anything', async () => {
    await new AccessLogPublisher(options).publish(spool);
    await writeFile(spool.file, '');
    await new AccessLogPublisher(options).publish(spool);
    expect(await files()).toEqual([]);
  });

  it.each([
    ['before the file was written', async () => {}],
    [
      'in the middle of it',
      async (path: string) => {
        await mkdir(join(path, '..'), { recursive: true });
        await writeFile(`${path}.tmp`, 'half of someth');
      },
    ],
  ])('that was cut off %s is done again, and no request is there twice', async (_, leave) => {
    await appendFile(spool.file, written('/1') + written('/2'));
    const { size } = await stat(spool.file);
    const key = 'AWSLogs/000000000000/elasticloadbalancing/local/2026/01/01/x_20260101T0000Z_127.14.0.31_a.log.gz';
    await options.progress.set(spool, { offset: 0, publishing: { until: size, key } });
    await leave(join(options.folder, key));
    await appendFile(spool.file, written('/3'));
    await new AccessLogPublisher(options).publish(spool);
    expect(await files()).toEqual([key]);
    await new AccessLogPublisher(options).publish(spool);
    expect(await read()).toEqual(['/1', '/2', '/3']);
  });

  it('that was cut off after the file was written writes the same file again', async () => {
    await appendFile(spool.file, written('/1'));
    const publisher = new AccessLogPublisher(options);
    await publisher.publish(spool);
    const { offset } = await options.progress.of(spool);
    const [key = ''] = await files();
    await options.progress.set(spool, { offset: 0, publishing: { until: offset, key } });
    await publisher.publish(spool);
    expect(await files()).toEqual([key]);
    expect(await read()).toEqual(['/1']);
  });

  it('gives back the room of what is published while the balancer holds the file open', async () => {
    const publisher = new AccessLogPublisher(options);
    const many = Array.from({ length: 5_000 }, (_, index) => written(`/a-${index}`)).join('');
    await appendFile(spool.file, many);
    await publisher.publish(spool);
    // Whoever began to read before this round must find what it was promised.
    expect(await roomOf()).toBeGreaterThan(1_000_000);
    await appendFile(spool.file, written('/last'));
    await publisher.publish(spool);
    await appendFile(spool.file, written('/very-last'));
    await publisher.publish(spool);
    expect(await roomOf()).toBeLessThan(50_000);
    expect((await stat(spool.file)).size).toBeGreaterThan(many.length);
    expect(await read()).toHaveLength(5_002);
  });

  it('begins anew with a file that somebody has cut', async () => {
    const publisher = new AccessLogPublisher(options);
    await appendFile(spool.file, written('/1') + written('/2'));
    await publisher.publish(spool);
    await truncate(spool.file);
    await appendFile(spool.file, written('/3'));
    await publisher.publish(spool);
    expect(await read()).toEqual(['/1', '/2', '/3']);
  });

  it('goes on where it was when a power cut took the end of what was to be published', async () => {
    const publisher = new AccessLogPublisher(options);
    await appendFile(spool.file, written('/1'));
    await publisher.publish(spool);
    await appendFile(spool.file, written('/2'));
    const { offset } = await options.progress.of(spool);
    await options.progress.set(spool, { offset, publishing: { until: offset * 9, key: 'AWSLogs/never.log.gz' } });
    await publisher.publish(spool);
    expect(await read()).toEqual(['/1', '/2']);
  });

  it('gets through what was given back, when the record of how far it was is gone', async () => {
    const publisher = new AccessLogPublisher(options);
    const room = 24 * 1024 * 1024;
    await truncate(await emptySpool(), room);
    await appendFile(spool.file, written('/1'));
    const started = performance.now();
    await publisher.publish(spool);
    expect(await read()).toEqual(['/1']);
    // It took 3.9 s, and four times as long for twice as much.
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('of one balancer process goes on while that of the other one fails', async () => {
    const other = { ...spool, name: 'haproxy-2', file: join(folder, 'haproxy-2.requests') };
    await appendFile(other.file, written('/2'));
    await mkdir(spool.file);
    options = { ...options, spools: [spool, other] };
    const publisher = new AccessLogPublisher(options);
    await expect(publisher.tick(Date.now() + 5 * 60_000)).rejects.toThrow();
    expect(await files()).toHaveLength(1);
  });

  it('reads only what may concern the time that is asked about', async () => {
    const publisher = new AccessLogPublisher(options);
    await appendFile(spool.file, written('/old', Date.now() - 2 * dayMs));
    await publisher.publish(spool);
    await appendFile(spool.file, written('/new'));
    await publisher.publish(spool);
    expect(await read(Date.now() - dayMs)).toEqual(['/new']);
    expect(await read(Date.now() - 3 * dayMs)).toEqual(['/new', '/old']);
  });

  it('says which file it is that cannot be read', async () => {
    await appendFile(spool.file, written('/1'));
    await new AccessLogPublisher(options).publish(spool);
    const [key = ''] = await files();
    await writeFile(join(options.folder, key), 'not compressed at all');
    await expect(read()).rejects.toMatchObject({ code: 'access-log-damaged', message: expect.stringContaining(key) });
  });
});

describe('the time for which access logs are kept', () => {
  it('is told in the definition; what is older goes, and nothing else', async () => {
    const publisher = new AccessLogPublisher(options);
    for (const days of [40, 31, 29, 0]) {
      await appendFile(spool.file, written(`/${days}`, Date.now() - days * dayMs));
      await publisher.publish(spool);
    }
    await publisher.tick(Date.now() + 5 * 60_000);
    expect(await read()).toEqual(['/0', '/29']);
  });
});
