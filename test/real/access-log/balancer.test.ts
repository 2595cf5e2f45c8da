import { appendFile, readFile, truncate } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessEntry, parseEntry } from '../../../src/access-log/entry.js';
import { LocalAccessLogs } from '../../../src/local/access-log/local-access-logs.js';
import { SpoolProgress } from '../../../src/local/access-log/spool.js';
import { waitUntil } from '../../../src/process/wait.js';
import { TestBalancer } from '../../helpers/balancer.js';

let balancer: TestBalancer;
let logs: LocalAccessLogs;

beforeAll(async () => {
  balancer = await TestBalancer.start(40, { prod: 1, dev: 0 }, (asked, response) => {
    response.setHeader('X-Understudy-Edition', '7');
    response.statusCode = asked.url?.startsWith('/missing') ? 404 : 200;
    response.end('x'.repeat(1_000));
  });
  const { folder, requestsFile: file, statsAddress: address } = balancer;
  logs = new LocalAccessLogs({
    folder: join(folder, 'access-logs'),
    spools: [{ name: 'haproxy-1', file, address }],
    progress: new SpoolProgress(join(folder, 'access-logs.json')),
    names: { balancer: 'app/shop/0', targetGroups: { dev: 'dev-group', prod: 'prod-group' } },
    writer: { account: '000000000000', region: 'local', balancer: 'app.shop.0' },
  });
});

afterAll(() => balancer?.destroy());

/** Bytes as they are, over plain HTTP. @returns the answer */
function send(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(balancer.httpPort, '127.0.0.1', () => socket.end(bytes));
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

/** The line of a request, once it is there. */
async function entryOf(wanted: (entry: AccessEntry) => boolean): Promise<AccessEntry> {
  return waitUntil(
    async () => {
      for await (const lines of logs.lines(0)) {
        const found = lines.map(parseEntry).find((entry) => entry && wanted(entry));
        if (found) return found;
      }
      return undefined;
    },
    { what: 'the line of a request', deadlineMs: 5_000 },
  );
}

const withPath = (path: string) => (entry: AccessEntry) => entry.url?.includes(path) === true;

describe('what the balancer writes down of a request', () => {
  it('names who asked, who answered, what came back, and the edition', async () => {
    const before = Date.now();
    await balancer.get('/page?x=1', { 'user-agent': 'A "quoted" agent\\' });
    const entry = await entryOf(withPath('/page'));
    expect(entry).toMatchObject({
      type: 'https',
      target: `${balancer.instances[0]?.address}:8080`,
      status: 200,
      targetStatus: 200,
      method: 'GET',
      url: `https://shop.example:${balancer.httpsPort}/page?x=1`,
      protocol: 'HTTP/1.1',
      userAgent: 'A \\x22quoted\\x22 agent\\x5C',
      tls: 'TLSv1.3',
      targetGroup: 'prod-group',
      domain: 'shop.example',
      rule: 1,
      action: 'forward',
      edition: 7,
    });
    expect(entry.at).toBeGreaterThanOrEqual(before);
    expect(entry.sentBytes).toBeGreaterThan(1_000);
    expect(entry.requestMs).toBeLessThan(1_000);
  });

  it('says what an instance answered when that was an error', async () => {
    await balancer.get('/missing');
    expect(await entryOf(withPath('/missing'))).toMatchObject({ status: 404, targetStatus: 404 });
  });

  it('says that no instance was there to answer', async () => {
    expect(await balancer.get('/no-dev', { host: 'dev.shop.example' })).toBe(503);
    const entry = await entryOf(withPath('/no-dev'));
    expect(entry).toMatchObject({ status: 503, targetGroup: 'dev-group', rule: 2 });
    expect(entry).toMatchObject({ target: undefined, targetStatus: undefined, targetMs: undefined });
  });

  it('tells what it answered itself apart: other names, and the way to TLS', async () => {
    await balancer.get('/elsewhere', { host: 'other.example' });
    expect(await entryOf(withPath('/elsewhere'))).toMatchObject({ status: 404, rule: 0, action: 'fixed-response' });
    await send('GET /plain HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n');
    expect(await entryOf(withPath('/plain'))).toMatchObject({ type: 'http', status: 301, action: 'redirect' });
  });

  it('stays one line, whatever a visitor sends', async () => {
    await send(
      'GET /hostile"\\x20"a HTTP/1.1\r\nHost: shop.ex"ample\r\nUser-Agent: \x01\t"\xff\r\nConnection: close\r\n\r\n',
    );
    expect(await entryOf(withPath('/hostile'))).toMatchObject({ type: 'http', rule: 0 });
  });

  it('has an address as long as nginx takes one whole, and so has the way to TLS', async () => {
    const path = `/long?x=${'x'.repeat(7_900)}`;
    await balancer.get(`${path}-end`);
    expect((await entryOf(withPath('/long'))).url).toBe(`https://shop.example:${balancer.httpsPort}${path}-end`);
    const answer = await send(`GET ${path}-end HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n`);
    expect(answer).toContain(`https://shop.example:${balancer.httpsPort}${path}-end\r\n`);
  });

  it('is there for what is no request at all', async () => {
    await send('NONSENSE\r\n\r\n');
    expect(await entryOf(({ status, url }) => status === 400 && url === undefined)).toMatchObject({ type: 'http' });
  });

  it('can be followed as it comes', async () => {
    const ending = new AbortController();
    const coming = logs.follow(ending.signal)[Symbol.asyncIterator]();
    await balancer.get('/followed');
    const seen: string[] = [];
    await waitUntil(
      async () => {
        const { value } = await coming.next();
        seen.push(...(value ?? []));
        return seen.some((line) => line.includes('/followed'));
      },
      { what: 'the line of a request that was followed', deadlineMs: 5_000 },
    );
    ending.abort();
    expect(seen.filter((line) => line.includes('/followed'))).toHaveLength(1);
  });

  it('stays when the process is killed, in the middle of a line, and started again', async () => {
    await balancer.get('/before-the-end');
    await entryOf(withPath('/before-the-end'));
    await balancer.kill();
    await appendFile(balancer.requestsFile, '{"at":179');
    const before = await readFile(balancer.requestsFile, 'utf8');
    await balancer.start();
    await balancer.get('/after-the-end');
    await entryOf(withPath('/after-the-end'));
    expect((await readFile(balancer.requestsFile, 'utf8')).startsWith(before)).toBe(true);
  });
});

describe('what the balancer says of itself', () => {
  it('says each thing once, and goes on at the beginning of a log that was cut', async () => {
    const said = () => readFile(balancer.logFile, 'utf8');
    const hasSaid = (news: string) =>
      waitUntil(async () => (await said()).includes(news), { what: news, deadlineMs: 5_000 });
    await balancer.instances[0]?.die();
    await hasSaid('Server prod/prod-1 is DOWN');
    expect((await said()).match(/Server prod\/prod-1 is DOWN/g)).toHaveLength(1);
    await truncate(balancer.logFile);
    await balancer.instances[0]?.start();
    await hasSaid('Server prod/prod-1 is UP');
    expect(await said()).not.toContain('\0');
  });
});
