import { describe, expect, it } from 'vitest';
import { type MetricFacts, renderMetrics } from '../../../src/local/monitoring/metrics.js';
import { alarmsOf } from '../../../src/monitoring/alarms.js';
import { alertmanagerConfiguration } from '../../../src/monitoring/alertmanager.js';
import { prometheusConfiguration, prometheusRules } from '../../../src/monitoring/prometheus.js';
import { isAbsent } from '../../../src/monitoring/signal.js';
import { resolveSite } from '../../../src/site/resolve.js';

const site = resolveSite(
  { name: 'shop', alarms: { lagSeconds: 7, silenceDuring: { promotion: ['database-solo'] } } },
  '/',
);
const alarms = alarmsOf(site.alarms);
const rules = prometheusRules(alarms).groups[0]?.rules ?? [];
const rule = (id: string) => rules.find(({ alert }) => alert === id);
const targets = {
  controlPlane: 'a:1',
  balancers: { 'haproxy-1': 'b:1' },
  databases: { 'db-1': 'c:1' },
  alertmanager: 'd:1',
};

/** One of everything that the control plane can tell. */
const facts: MetricFacts = {
  servers: [{ name: 'db-1', kind: 'database', up: true, diedAt: 1, cpuSeconds: 1 }],
  instances: [
    {
      id: 'prod-1',
      environment: 'prod',
      healthy: true,
      editionLate: false,
      php: { listenQueue: 0, activeProcesses: 0, opcacheFull: false },
      nginxConnections: 0,
    },
  ],
  instancesWanted: { dev: 2, prod: 2 },
  database: {
    state: 'redundant',
    primary: 'db-1',
    servers: [{ id: 'db-1', role: 'primary', answers: true }],
    replicas: [{ id: 'replica-1', gate: 'closed', leaked: false, behindTransactions: 0 }],
  },
  edition: { id: 1, replicas: 2, positionAgeSeconds: 1 },
  work: { promotion: false, drill: false },
  disk: { freeBytes: 1, sizeBytes: 2 },
  certificateEndsAt: 1,
  cron: { startedAt: 1, runners: 1 },
  processors: 2,
};

describe('the rules for Prometheus', () => {
  it('has every alarm that does not say why this machine cannot raise it', () => {
    const without = alarms.filter(({ signal }) => isAbsent(signal.prometheus)).map(({ id }) => id);
    const with_ = rules.map(({ alert }) => alert).filter((name) => !name.startsWith('work-'));
    expect([...without, ...with_].sort()).toEqual(alarms.map(({ id }) => id).sort());
  });

  it('takes the thresholds and silences of the definition', () => {
    expect(rule('standby-lag')?.expr).toMatch(/> 7$/);
    expect(rule('database-solo')?.labels).toMatchObject({ silence_promotion: 'yes' });
    expect(rule('server-died')?.labels).not.toHaveProperty('silence_promotion');
  });

  it('raises an alarm about what is missing where that means harm', () => {
    expect(rule('control-plane-down')?.expr).toContain('or absent(1 - up{job="control-plane"})');
    expect(rule('cron-missing')?.expr).not.toContain('absent');
  });

  it('asks for nothing that the control plane does not tell', async () => {
    const told = new Set([...(await renderMetrics(facts)).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const asked = rules.flatMap(({ expr }) => [...expr.matchAll(/understudy_\w+/g)].map(([name]) => name));
    expect([...new Set(asked)].filter((name) => !told.has(name))).toEqual([]);
  });

  it('asks for nothing of HAProxy and MariaDB that is thrown away', () => {
    const configuration = prometheusConfiguration('shop', '/rules', targets);
    const kept = configuration.scrape_configs.flatMap((job) =>
      'metric_relabel_configs' in job ? (job.metric_relabel_configs ?? []).map(({ regex }) => regex) : [],
    );
    const isKept = new RegExp(`^(?:${kept.join('|')})$`);
    const asked = rules.flatMap(({ expr }) => [...expr.matchAll(/(?:haproxy|mysql)_\w+/g)].map(([name]) => name));
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !isKept.test(name))).toEqual([]);
  });

  it('keeps alarms quiet during a promotion or a drill only where they say so', () => {
    const mail = { host: 'h', port: 25, from: 'a@b.c', to: ['d@e.f'], startTls: true, login: undefined };
    expect(alertmanagerConfiguration(mail, '/template').inhibit_rules).toEqual([
      { source_matchers: ['alertname="work-promotion"'], target_matchers: ['silence_promotion="yes"'] },
      { source_matchers: ['alertname="work-drill"'], target_matchers: ['silence_drill="yes"'] },
    ]);
  });
});

describe('the metrics of the control plane', () => {
  it('have no value for what is not known', async () => {
    const text = await renderMetrics({ ...facts, edition: undefined, cron: undefined, database: undefined });
    expect(text).toContain('understudy_promoted 0');
    expect(text).not.toMatch(/understudy_(edition|cron_|database_|position_)\w* /);
  });
});
