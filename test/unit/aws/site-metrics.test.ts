import { describe, expect, test } from 'vitest';
import { type SiteFacts, siteMetrics } from '../../../src/aws/functions/site-metrics.js';
import { alarmsOf } from '../../../src/monitoring/alarms.js';
import { customMetrics } from '../../../src/monitoring/cloudwatch.js';
import { toPosition } from '../../../src/platform/position.js';
import { alarmSettingsSchema } from '../../../src/site/alarm-settings.js';

const now = Date.parse('2026-02-01T00:00:00Z');
const at = (daysAgo: number) => new Date(now - daysAgo * 86_400_000).toISOString();
const position = toPosition('00000000-0000-4000-8000-000000000001:1-10');
const closed = { gate: 'closed', position, errant: undefined, error: undefined } as const;
const replica = (id: string) => ({ id, instance: `rds-${id}`, status: closed, closed: false });

const facts: SiteFacts = {
  state: 'redundant',
  replicas: [replica('replica-1'), replica('replica-2')],
  meant: { 'replica-1': { meant: 'closed', since: at(3) }, 'replica-2': { meant: 'closed', since: at(2) } },
  edition: { id: 4, release: 4, position, replicas: ['replica-1', 'replica-2'] },
  promoting: false,
  served: [4, 4],
  cron: { startedAt: now - 10_000, runners: 1 },
  now,
};
const value = (name: string, changed: Partial<SiteFacts> = {}, of?: string) =>
  siteMetrics({ ...facts, ...changed }).find(
    (one) => one.name === name && (of === undefined || one.dimensions?.Replica === `rds-${of}`),
  )?.value;

test('every metric that an alarm of ours is about is published, for the things that the alarm names', () => {
  const wanted = customMetrics(alarmsOf(alarmSettingsSchema.parse({}))).map(
    ({ name, dimensions }) => `${name} ${'Replica' in dimensions}`,
  );
  const published = siteMetrics(facts).map(({ name, dimensions }) => `${name} ${dimensions !== undefined}`);
  expect([...new Set(published)].sort()).toEqual([...wanted].sort());
});

test('the clock of the gate is that of the replica that has stood still for longest', () => {
  expect(value('GateClosedDays')).toBe(3);
  expect(value('GateClosedDays', { meant: { 'replica-1': { meant: 'open', since: at(40) } } })).toBeUndefined();
});

describe('a leak', () => {
  const elsewhere = { ...closed, position: toPosition('00000000-0000-4000-8000-000000000001:1-11') };
  const leaked = (changed: Partial<SiteFacts>) => value('GateLeaked', changed, 'replica-2');
  const moved = [replica('replica-1'), { ...replica('replica-2'), status: elsewhere }];

  test('is a replica that answers for prod and stands elsewhere', () => {
    expect(leaked({})).toBe(0);
    expect(leaked({ replicas: moved })).toBe(1);
  });

  test('is not one that a promotion has taken out of the edition, or that prod is meant to follow dev with', () => {
    const edition = { ...facts.edition, id: 4, release: 4, position, replicas: ['replica-1'] };
    expect(leaked({ replicas: moved, edition })).toBe(0);
    const following = { since: at(1), gates: 'open' } as const;
    expect(leaked({ replicas: moved, edition: { ...edition, following } })).toBe(0);
  });

  test('is one that had to be closed, also while it answers for nobody: it was the way back', () => {
    const edition = { id: 4, release: 4, position, replicas: ['replica-1'] };
    const replicas = [replica('replica-1'), { ...replica('replica-2'), closed: true }];
    expect(leaked({ replicas, edition })).toBe(1);
  });
});

describe('how many replicas the edition has', () => {
  const edition = { id: 5, release: 4, position, replicas: ['replica-2'] };

  test('is told while nothing is promoted', () => {
    expect(value('EditionReplicas')).toBe(2);
    expect(value('EditionReplicas', { edition })).toBe(1);
  });

  test('is not told while somebody changes prod', () => {
    expect(value('EditionReplicas', { edition, promoting: true })).toBeUndefined();
  });
});

test('of a replica that does not answer nothing is said about its gate', () => {
  const replicas = [replica('replica-1'), { ...replica('replica-2'), status: undefined }];
  expect(value('ReplicaDown', { replicas }, 'replica-2')).toBe(1);
  expect(value('GateLeaked', { replicas }, 'replica-2')).toBeUndefined();
  expect(value('ReplicasAnswering', { replicas })).toBe(1);
});
