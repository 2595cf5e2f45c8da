import { beforeEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../../../src/local/event-journal.js';
import type { InstanceCounts } from '../../../../src/local/web/instance-counts.js';
import type { Instances } from '../../../../src/local/web/instances.js';
import { Scaler } from '../../../../src/local/web/scaler.js';

const capacity = { min: 2, max: 4, requestsPerInstance: 10, scaleInSeconds: 60 };
const { signal } = new AbortController();

let count = 2;
let why = '';
let requests = 0;
let promoting = false;
let done: string[] = [];
let events: NewEvent[] = [];
let join: (id: string) => Promise<void> = async () => undefined;

beforeEach(() => {
  count = 2;
  requests = 0;
  promoting = false;
  done = [];
  events = [];
  join = async () => undefined;
});

/** Instances and a balancer that remember what they were asked for. */
function scaler(): Scaler {
  const counts = {
    of: () => count,
    set: async (_: string, to: number, reason: string) => {
      done.push(`record ${to}`);
      count = to;
      why = reason;
    },
    status: () => ({ min: 2, max: 4, wanted: count, scaled: null }),
  } as unknown as InstanceCounts;
  const instances = {
    wanted: () => Array.from({ length: count }, (_, index) => ({ id: `prod-${index + 1}` })),
    join: async ({ id }: { id: string }) => {
      done.push(`join ${id}`);
      await join(id);
    },
    dismiss: async ({ id }: { id: string }) => void done.push(`dismiss ${id}`),
    retire: async ({ id }: { id: string }) => {
      done.push(`retire ${id}`);
      return true;
    },
    origin: () => undefined,
  } as unknown as Instances;
  const balancer = {
    counters: async () => ({ requests: 0, serverErrors: 0, requestsOf: { one: requests }, health: {}, sessions: {} }),
  };
  const tell = (event: NewEvent) => void events.push(event);
  return new Scaler({
    environment: 'prod',
    capacity,
    instances,
    counts,
    balancer,
    promotionRuns: async () => promoting,
    tell,
  });
}

/** One tick a second, with so many requests in each. */
async function seconds(one: Scaler, from: number, number: number, perSecond: number): Promise<number> {
  for (let second = from; second < from + number; second++) {
    requests += perSecond;
    await one.tick(signal, second * 1_000);
    await one.settled();
  }
  return from + number;
}

describe('a load that needs more instances', () => {
  it('has the number recorded first, and the instances join then', async () => {
    await seconds(scaler(), 0, 6, 35);
    expect(done).toEqual(['record 4', 'join prod-3', 'join prod-4']);
    expect(events).toMatchObject([{ kind: 'scaled-out', subject: 'prod' }]);
  });

  it('is told as not met when one cannot be booted, which is removed again, and nothing is tried at once', async () => {
    join = async () => {
      throw new Error('no room');
    };
    const one = scaler();
    const then = await seconds(one, 0, 6, 25);
    await seconds(one, then, 10, 25);
    expect(done).toEqual(['record 3', 'join prod-3', 'record 2', 'dismiss prod-3']);
    expect(why).toContain('no room');
    expect(events).toMatchObject([{ kind: 'scaling-failed', detail: expect.stringContaining('no room') }]);
  });
});

describe('a load that needs fewer', () => {
  it('has the last one go, after it was recorded', async () => {
    count = 3;
    await seconds(scaler(), 0, 64, 5);
    expect(done).toEqual(['record 2', 'retire prod-3']);
    expect(events).toMatchObject([{ kind: 'scaled-in' }]);
  });

  it('takes none away while a promotion goes on, and records nothing', async () => {
    count = 3;
    promoting = true;
    await seconds(scaler(), 0, 64, 5);
    expect(done).toEqual([]);
  });
});
