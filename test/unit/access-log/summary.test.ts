import { describe, expect, it } from 'vitest';
import type { AccessEntry } from '../../../src/access-log/entry.js';
import { TrafficCounter } from '../../../src/access-log/summary.js';

const request = (path: string, targetMs: number, more: Partial<AccessEntry> = {}): AccessEntry => ({
  type: 'https',
  at: 0,
  balancer: 'app/shop/0',
  client: '203.0.113.7:1',
  target: '127.16.1.151:8080',
  requestMs: 0,
  targetMs,
  responseMs: 0,
  status: 200,
  targetStatus: 200,
  receivedBytes: 10,
  sentBytes: 100,
  method: 'GET',
  url: `https://shop.example:443${path}`,
  protocol: 'HTTP/1.1',
  userAgent: undefined,
  cipher: undefined,
  tls: undefined,
  targetGroup: undefined,
  domain: 'shop.example',
  rule: 1,
  action: 'forward',
  edition: 1,
  ...more,
});

const summaryOf = (requests: Iterable<AccessEntry>) => {
  const counter = new TrafficCounter();
  for (const one of requests) counter.add(one);
  return counter.summary();
};

describe('a summary of traffic', () => {
  it('of nothing is empty', () => {
    expect(summaryOf([])).toMatchObject({
      requests: 0,
      failed: 0,
      statuses: {},
      slowest: [],
      failing: [],
      editions: [],
    });
  });

  it('adds up answers by class, bytes, and latency over all three of its parts', () => {
    const all = Array.from({ length: 100 }, (_, index) =>
      request('/', index, { requestMs: 1, status: index < 3 ? 503 : index < 10 ? 404 : 200 }),
    );
    expect(summaryOf(all)).toMatchObject({
      requests: 100,
      failed: 3,
      statuses: { '2xx': 90, '4xx': 7, '5xx': 3 },
      latencyMs: { p50: 50, p95: 95, p99: 99, max: 100 },
      bytes: { received: 1_000, sent: 10_000 },
    });
  });

  it('counts a visitor who left before the answer apart', () => {
    expect(summaryOf([request('/', 0, { status: undefined })]).statuses).toEqual({ none: 1 });
  });

  it('takes a page for the same with any query, and ranks pages by how slow they are for most', () => {
    const all = [
      ...Array.from({ length: 20 }, (_, index) => request(`/search?q=${index}`, 400)),
      ...Array.from({ length: 20 }, () => request('/', 5)),
      request('/once', 9_000),
    ];
    expect(summaryOf(all).slowest.map(({ path, requests }) => [path, requests])).toEqual([
      ['/search', 20],
      ['/', 20],
    ]);
  });

  it('names the pages that fail most', () => {
    const all = [
      request('/a', 1, { status: 500 }),
      ...Array.from({ length: 3 }, () => request('/b', 1, { status: 502 })),
      request('/c', 1, { status: 404 }),
    ];
    expect(summaryOf(all).failing.map(({ path, failed }) => [path, failed])).toEqual([
      ['/b', 3],
      ['/a', 1],
    ]);
  });

  it('tells editions apart, and requests of which the log does not say which', () => {
    const all = [
      ...Array.from({ length: 4 }, () => request('/', 10, { edition: 8 })),
      request('/', 10, { edition: 7, status: 500 }),
      request('/', 10, { edition: undefined, status: 503 }),
    ];
    expect(summaryOf(all).editions.map(({ edition, requests, failed }) => [edition, requests, failed])).toEqual([
      [undefined, 1, 1],
      [7, 1, 1],
      [8, 4, 0],
    ]);
  });

  it('keeps what is asked for often, and all that fails, when somebody makes up a hundred thousand paths', () => {
    const counter = new TrafficCounter();
    counter.add(request('/broken', 1, { status: 500 }));
    for (let index = 0; index < 100_000; index++) {
      counter.add(request(`/made-up-${index}`, 1));
      if (index % 100 === 0) counter.add(request('/real', 30));
    }
    const { requests, slowest, failing } = counter.summary();
    expect(requests).toBe(101_001);
    expect(slowest[0]).toMatchObject({ path: '/real', requests: 1_000 });
    expect(failing.map(({ path }) => path)).toEqual(['/broken']);
  });
});
