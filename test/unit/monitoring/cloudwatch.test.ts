import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alarmsOf } from '../../../src/monitoring/alarms.js';
import {
  type CloudWatchInventory,
  cloudWatchAlarms,
  compositeAlarm,
  customMetrics,
} from '../../../src/monitoring/cloudwatch.js';
import { dashboardOf } from '../../../src/monitoring/cloudwatch-dashboard.js';
import { isAbsent } from '../../../src/monitoring/signal.js';
import { resolveSite } from '../../../src/site/resolve.js';

const site = resolveSite({ name: 'shop', alarms: { errorPercent: 3, silenceDuring: { drill: ['prod-slow'] } } }, '/');
const alarms = alarmsOf(site.alarms);
const member = (name: string, facts: Record<string, number> = {}) => ({ name, value: `aws-${name}`, facts });
const server = (name: string) => member(name, { maxConnections: 200, allocatedBytes: 1e10 });
const inventory: CloudWatchInventory = {
  site: [member('shop')],
  loadBalancer: [member('balancer')],
  targetGroup: [member('dev'), member('prod')],
  prodTargetGroup: [member('prod')],
  devTargetGroup: [member('dev')],
  autoScalingGroup: [member('dev', { minInstances: 2 }), member('prod', { minInstances: 3 })],
  database: [server('primary'), server('replica-1'), server('replica-2')],
  primary: [server('primary')],
  replica: [server('replica-1'), server('replica-2')],
  fileSystem: [member('files')],
  certificate: [member('certificate')],
};
const rendered = cloudWatchAlarms(alarms, inventory, 'shop');
const named = (name: string) => rendered.find((alarm) => alarm.name === name);

describe('the alarms for CloudWatch', () => {
  it('has every alarm that does not say why AWS cannot raise it', () => {
    const without = alarms.filter(({ signal }) => isAbsent(signal.cloudwatch)).map(({ id }) => id);
    const with_ = new Set(rendered.map(({ alarm }) => alarm));
    expect([...without, ...with_].sort()).toEqual(alarms.map(({ id }) => id).sort());
  });

  it('gives each a name of its own', () => {
    expect(new Set(rendered.map(({ name }) => name)).size).toBe(rendered.length);
  });

  it('makes one for each server of a kind, with what is known of that server', () => {
    expect(named('database-connections-replica-2')).toMatchObject({
      metrics: { m1: { namespace: 'AWS/RDS', dimensions: { DBInstanceIdentifier: 'aws-replica-2' } } },
      expression: '100 * m1 / 200',
      threshold: 80,
      comparison: 'GreaterThanThreshold',
    });
    expect(named('instances-missing-prod')).toMatchObject({ expression: '3 - m1' });
  });

  it('takes the thresholds and silences of the definition', () => {
    expect(named('prod-errors')).toMatchObject({ threshold: 3, silenceDuring: [] });
    expect(named('prod-slow')).toMatchObject({ silenceDuring: ['drill'] });
  });

  it('looks at a minute at least, at a day at most, and at whole periods', () => {
    for (const { periodSeconds, evaluationPeriods, datapointsToAlarm, name } of rendered) {
      expect(periodSeconds % 60, name).toBe(0);
      expect(periodSeconds * evaluationPeriods, name).toBeLessThanOrEqual(86_400);
      expect(datapointsToAlarm, name).toBeLessThanOrEqual(evaluationPeriods);
    }
    expect(named('gate-open-replica-1')).toMatchObject({ periodSeconds: 3_600, evaluationPeriods: 24 });
  });

  it('says in each message what visitors see, what to do and where to read on', () => {
    const text = named('gate-leak-replica-1')?.description ?? '';
    expect(text).toMatch(
      /^replica-1 has moved past the position of prod \(shop\)\.\nVisitors see: .+\nWhat to do: .+\n/,
    );
    expect(text).toContain('docs/what-if.md#');
    for (const { description, name } of rendered) {
      expect(description, name).not.toMatch(/[{}]/);
      // The limit of CloudWatch.
      expect(description.length, name).toBeLessThanOrEqual(1_024);
    }
  });

  it('leaves out what a site without a database does not have', () => {
    const without = { ...inventory, database: [], primary: [], replica: [] };
    const names = cloudWatchAlarms(alarms, without, 'shop').map(({ alarm }) => alarm);
    expect(names).not.toContain('gate-leak');
    expect(names).toContain('prod-errors');
  });

  it('tells on AWS that visitors are affected by those alarms, and no others, that say so', () => {
    const { anyOf } = compositeAlarm(rendered, 'shop');
    expect(anyOf).toContain('prod-errors');
    expect(anyOf).toContain('gate-leak-replica-2');
    expect(anyOf).not.toContain('database-down');
    expect(anyOf.every((name) => named(name) !== undefined)).toBe(true);
  });

  it('names each metric of our own once', () => {
    const names = customMetrics(alarms).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('GateLeaked');
  });
});

describe('the dashboard', () => {
  const { columns, states } = dashboardOf(alarms, inventory);

  it('reads from left to right as a request flows', () => {
    expect(columns.map(({ part }) => part)).toEqual([
      'balancer',
      'web',
      'database',
      'gate',
      'edition',
      'files',
      'platform',
    ]);
    expect(columns[0]?.graphs[0]?.title).toBe('requests to prod');
  });

  it('begins with whether visitors are affected, and draws a signal that several alarms judge once', () => {
    expect(states[0]).toBe('visitors-are-affected');
    const gate = columns.find(({ part }) => part === 'gate')?.graphs ?? [];
    expect(gate.filter(({ unit }) => unit === 'days')).toMatchObject([{ alarmAt: 14 }]);
  });
});

describe('each alarm', () => {
  const whatIf = readFileSync(new URL('../../../docs/what-if.md', import.meta.url), 'utf8');
  const anchors = [...whatIf.matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

  it.each(alarms.map((alarm) => [alarm.id, alarm] as const))(
    '%s has its section in docs/what-if.md',
    (_, { runbook }) => {
      expect(anchors).toContain(runbook);
    },
  );
});
