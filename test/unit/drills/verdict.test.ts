import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/drills/limits.js';
import { judge, limitsText, type Measured } from '../../../src/drills/verdict.js';
import type { Visit } from '../../../src/drills/visitors.js';

const visit = (sentAt: number, problem?: string, isFresh = false): Visit => ({
  path: '/',
  isFresh,
  sentAt,
  endedAt: sentAt + 10,
  problem,
});
const calm = Array.from({ length: 40 }, (_, index) => visit(index * 100));
const found = { acknowledged: 5, lost: 0, duplicated: 0, unknown: 1, wrong: [] };

function measured(changes: Partial<Measured> = {}): Measured {
  return {
    name: 'replica-kill',
    limits: limits['replica-kill'],
    visits: calm,
    writes: found,
    writeOutcomes: [],
    startedAt: 0,
    faults: [{ at: 1_000, doneAt: 1_005 }],
    redundancyRestoredMs: 900,
    problems: [],
    ...changes,
  };
}

describe('a verdict', () => {
  it('is "held" when every limit held, and tells what was measured', () => {
    expect(judge(measured())).toMatchObject({
      outcome: 'held',
      broken: [],
      requests: { sent: 40, failed: 0, longestGapMs: 100 },
      writes: { acknowledged: 5, lost: 0, duplicated: 0, unknown: 1 },
      recoveredMs: 0,
      redundancyRestoredMs: 900,
    });
  });

  it.each<[string, Partial<Measured>, RegExp]>([
    ['one GET of prod failed', { visits: [...calm, visit(1_100, 'answered 503')] }, /1 of 41 GETs of prod failed/],
    ['a write was lost', { writes: { ...found, lost: 1, wrong: ['Drill x write 3'] } }, /lost \(Drill x write 3\)/],
    ['a write was doubled', { writes: { ...found, duplicated: 1, wrong: ['Drill x write 4'] } }, /1 writes doubled/],
    ['redundancy took too long', { redundancyRestoredMs: 60_001 }, /everything there again after 60001 ms/],
    ['redundancy never came back', { redundancyRestoredMs: undefined }, /everything there again never/],
    ['an invariant did not hold', { problems: ['writable: db-1 and db-2'] }, /writable: db-1 and db-2/],
    ['it never answered again', { writeOutcomes: [{ sentAt: 9e9, endedAt: 9e9 + 1, problem: 'x' }] }, /again never/],
  ])('is "broke" when %s', (_, changes, expected) => {
    const verdict = judge(measured(changes));
    expect(verdict.outcome).toBe('broke');
    expect(verdict.broken.join()).toMatch(expected);
  });

  describe('where requests in flight may be lost', () => {
    const balancer = { name: 'balancer-kill', limits: limits['balancer-kill'] } as const;

    it('does not count those that were under way in what was killed', () => {
      const visits = [...calm, visit(998, 'socket hang up')];
      expect(judge(measured({ ...balancer, visits }))).toMatchObject({ outcome: 'held', requests: { failed: 1 } });
    });

    it('counts those that were sent afterwards', () => {
      const visits = [...calm, visit(1_500, 'socket hang up')];
      expect(judge(measured({ ...balancer, visits })).outcome).toBe('broke');
    });

    it('breaks when no good answer came for more than a second', () => {
      const visits = calm.filter(({ sentAt }) => sentAt < 1_000 || sentAt > 2_200);
      expect(judge(measured({ ...balancer, visits })).broken.join()).toMatch(/longest gap/);
    });
  });

  it('where only cached pages are promised, pages in no cache may fail, and others may not', () => {
    const fresh = { ...limits['replica-kill'], failedGets: 'fresh' } as const;
    const failing = (isFresh: boolean) =>
      judge(measured({ limits: fresh, visits: [...calm, visit(1_100, 'x', isFresh), visit(1_200)] }));
    expect(failing(true).outcome).toBe('held');
    expect(failing(false).outcome).toBe('broke');
  });
});

it('limits are told in words', () => {
  expect(limitsText(limits['balancer-kill'])).toBe(
    '0 failed GETs beside those in flight, gap ≤ 1 s; 0 writes lost, 0 doubled; answering ≤ 2 s; redundant ≤ 60 s',
  );
});
