import { describe, expect, test } from 'vitest';
import { gateReport } from '../../../src/cli/gate-report.js';
import { gateText } from '../../../src/cli/text/gate-text.js';
import type { GateState } from '../../../src/platform/databases.js';
import type { MeantGates } from '../../../src/platform/meant-gates.js';
import type { PlatformStatus } from '../../../src/platform/status.js';

const now = Date.parse('2026-03-01T00:00:00Z');
const ago = (days: number) => new Date(now - days * 86_400_000).toISOString();
const capacity = { min: 2, max: 4, wanted: 2, scaled: null };

function statusOf(target: 'local' | 'aws', gates: Readonly<Record<string, GateState | 'unreachable'>>): PlatformStatus {
  const replicas = Object.entries(gates).map(([id, gate]) => ({
    ...{ id, zone: 'a', gate, position: '0-1-7', weight: 100, behindTransactions: 3 },
  }));
  return {
    ...{ site: 'shop', target, supervised: true, problems: [], alarms: [] },
    monitoring: { watching: true, missing: [] },
    environments: {
      dev: { url: 'https://dev', capacity, instances: [], database: null },
      prod: { url: 'https://prod', edition: null, aheadOfEdition: false, capacity, instances: [], replicas },
    },
  };
}
const both = { 'replica-1': 'closed', 'replica-2': 'closed' } as const;
const closedFor = (days: number): MeantGates => ({
  'replica-1': { meant: 'closed', since: ago(days) },
  'replica-2': { meant: 'closed', since: ago(1) },
});

describe('gates that have been closed', () => {
  test.each([
    [13.9, null],
    [14, 14],
    [21.5, 21],
    [25, 25],
    [29, 25],
  ] as const)('for %s days are warned about as of %s', (days, warning) => {
    const report = gateReport(statusOf('aws', both), closedFor(days), now);
    expect(report).toMatchObject({ warning, closedDays: days });
    expect(report.endsAt).toBe(new Date(now + (30 - days) * 86_400_000).toISOString());
    expect(gateText(report)).toContain(report.endsAt?.slice(0, 10));
  });

  test('for longer than RDS allows lead to both replicas being made anew', () => {
    const [advice] = gateReport(statusOf('aws', both), closedFor(30.5), now).advice;
    expect(advice).toContain('replica rebuild replica-2');
  });

  test('on one machine have no end, and nothing is to be done for the first two weeks', () => {
    expect(gateReport(statusOf('local', both), closedFor(10), now)).toMatchObject({ endsAt: null, advice: [] });
    expect(gateReport(statusOf('local', both), closedFor(15), now).advice).toHaveLength(1);
  });
});

test('a gate that is not as it is meant to be is told first, with what is done about it', () => {
  const { advice, replicas } = gateReport(statusOf('aws', { ...both, 'replica-2': 'open' }), closedFor(14), now);
  expect(replicas[1]).toMatchObject({ gate: 'open', meant: 'closed' });
  expect(advice[0]).toMatch(/^replica-2 is open, and meant to be closed/);
  const broken = gateReport(statusOf('local', { ...both, 'replica-1': 'broken' }), {}, now);
  expect(broken.advice).toEqual(["replica-1 cannot apply dev's changes: `understudy replica rebuild replica-1`."]);
});

test('before anything was promoted it is not known since when, and a site without replicas has no gates', () => {
  const report = gateReport(statusOf('local', both), {}, now);
  expect(report.replicas[0]).toMatchObject({ meant: 'closed', since: null, days: null });
  expect(gateText(report)).toContain('not known');
  expect(gateText(gateReport(statusOf('local', {}), {}, now))).toContain('no gates');
});
