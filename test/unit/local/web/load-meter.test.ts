import { describe, expect, it } from 'vitest';
import type { BackendCounters } from '../../../../src/local/balancer/balancer.js';
import { LoadMeter } from '../../../../src/local/web/load-meter.js';

type Reading = Pick<BackendCounters, 'requestsOf' | 'sessions' | 'health'>;

/** Reads one reading a second. @param busy what PHP of each instance says */
function meter(readings: readonly Reading[], busy: Readonly<Record<string, number>> = {}) {
  const asked: string[] = [];
  let at = -1;
  const load = new LoadMeter(
    async () => ({ requests: 0, serverErrors: 0, ...(readings[++at] as Reading) }),
    (id) => (id === 'unknown' ? undefined : id),
    async (id) => {
      asked.push(id);
      return busy[id] === undefined ? undefined : { busy: busy[id], begun: 0 };
    },
  );
  return { read: () => load.read((at + 1) * 1_000), asked };
}

const up = { a: 'up', b: 'up' } as const;
const reading = (change: Partial<Reading>): Reading => ({
  requestsOf: { one: 0 },
  sessions: {},
  health: up,
  ...change,
});

describe('requests a second', () => {
  it('are told from the second reading on, over both balancer processes', async () => {
    const { read } = meter([
      reading({ requestsOf: { one: 100, two: 50 } }),
      reading({ requestsOf: { one: 130, two: 60 } }),
    ]);
    expect(await read()).toBeUndefined();
    expect(await read()).toMatchObject({ requestsPerSecond: 40 });
  });

  it('of a process that was started anew are counted from nothing, not below it', async () => {
    const { read } = meter([
      reading({ requestsOf: { one: 1_000, two: 50 } }),
      reading({ requestsOf: { one: 3, two: 60 } }),
    ]);
    await read();
    expect(await read()).toMatchObject({ requestsPerSecond: 10 });
  });

  it('are unknown while no process answers, and counted for the whole time afterwards', async () => {
    const { read } = meter([reading({}), reading({ requestsOf: {} }), reading({ requestsOf: { one: 90 } })]);
    await read();
    expect(await read()).toBeUndefined();
    // Nobody knows what it had counted before.
    expect(await read()).toMatchObject({ requestsPerSecond: 0 });
  });
});

describe('PHP workers', () => {
  const workers = async (sessions: Readonly<Record<string, number>>, busy: Readonly<Record<string, number>> = {}) => {
    const { read, asked } = meter([reading({}), reading({ sessions })], busy);
    await read();
    return { workers: (await read())?.workers, asked };
  };

  it('that could not matter are not asked for', async () => {
    expect(await workers({ a: 2, b: 1 })).toEqual({ workers: 3, asked: [] });
  });

  it('are fewer than the requests under way where the page cache answers these', async () => {
    expect(await workers({ a: 50 }, { a: 3 })).toEqual({ workers: 3, asked: ['a'] });
  });

  it('that are all busy have whoever waits beside them', async () => {
    expect(await workers({ a: 20, b: 8 }, { a: 8, b: 8 })).toEqual({ workers: 28, asked: ['a', 'b'] });
  });

  it('of an instance that does not say, or is not kept, count for nothing', async () => {
    expect((await workers({ a: 20 })).workers).toBe(0);
    const { read } = meter([
      reading({}),
      reading({ health: { unknown: 'up', a: 'down' }, sessions: { a: 9, unknown: 9 } }),
    ]);
    await read();
    expect((await read())?.workers).toBe(0);
  });
});
