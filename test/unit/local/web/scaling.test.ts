import { describe, expect, it } from 'vitest';
import { type Capacity, decideCount, type Load, stillMatters } from '../../../../src/local/web/scaling.js';

const capacity: Capacity = { min: 2, max: 4, requestsPerInstance: 100, scaleInSeconds: 60 };

/** One reading a second, the last one now. */
const seconds = (count: number, load: Partial<Load>): Load[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ at: (index - count + 1) * 1_000, requestsPerSecond: 0, workers: 0 },
    ...load,
  }));
const decide = (count: number, loads: readonly Load[]) => decideCount(capacity, count, loads, 0);

describe('more instances', () => {
  it.each<[string, number, Partial<Load>, number | undefined]>([
    ['what two are to get is left alone', 2, { requestsPerSecond: 200 }, undefined],
    ['a little more than two are to get brings the third', 2, { requestsPerSecond: 201 }, 3],
    ['what four are to get brings both at once', 2, { requestsPerSecond: 390 }, 4],
    ['more than max would need is no reason for more than max', 2, { requestsPerSecond: 10_000 }, 4],
    ['nothing is added to max', 4, { requestsPerSecond: 10_000 }, undefined],
    ['busy PHP workers bring one, although hardly anybody asks', 2, { requestsPerSecond: 3, workers: 12 }, 3],
    ['requests that wait for a worker count like busy ones', 2, { workers: 20 }, 4],
  ])('%s', (_, count, load, wanted) => {
    expect(decide(count, seconds(10, load))?.count).toBe(wanted);
  });

  it('say why, with what was measured and what it should be', () => {
    expect(decide(2, seconds(10, { requestsPerSecond: 290, workers: 13 }))?.why).toBe(
      '290 requests/s, and each of 2 is to get at most 100; 13 of 16 PHP workers wanted, and at most 70 % are to be busy',
    );
  });

  it('do not come for one second in which many ask at once', () => {
    const calm = seconds(10, { requestsPerSecond: 100 });
    expect(decide(2, [...calm.slice(0, -1), { at: 0, requestsPerSecond: 300, workers: 8 }])).toBeUndefined();
  });

  it('do not come for what was seen in the first moments after a change', () => {
    expect(decide(2, seconds(3, { requestsPerSecond: 1_000 }))).toBeUndefined();
    expect(decide(2, seconds(4, { requestsPerSecond: 1_000 }))?.count).toBe(4);
  });
});

describe('fewer instances', () => {
  it('one at a time, when fewer were enough all the time', () => {
    expect(decide(4, seconds(61, { requestsPerSecond: 10 }))).toEqual({
      count: 3,
      why: 'at most 10 requests/s and 0 busy PHP workers for 60 s: one fewer is enough',
    });
  });

  it.each<[string, number, readonly Load[]]>([
    ['at min', 2, seconds(61, {})],
    ['when less time has passed since the last change', 4, seconds(60, {})],
    ['when the others would be loaded close to their targets', 4, seconds(61, { requestsPerSecond: 250 })],
    ['for busy workers alone', 4, seconds(61, { workers: 14 })],
    [
      'when one moment needed them',
      4,
      [...seconds(61, {}).slice(0, -1), { at: 0, requestsPerSecond: 300, workers: 0 }],
    ],
    ['before anything was measured', 4, []],
  ])('not %s', (_, count, loads) => {
    expect(decide(count, loads)).toBeUndefined();
  });

  it('follow from what is kept of the past, however long it is', () => {
    const long = seconds(1_000, {});
    const kept = stillMatters(capacity, long, 0);
    expect(kept.length).toBeLessThan(65);
    expect(decide(4, kept)?.count).toBe(3);
  });
});
