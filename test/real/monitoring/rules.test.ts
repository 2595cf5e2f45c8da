import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alarmsOf } from '../../../src/monitoring/alarms.js';
import { prometheusRules } from '../../../src/monitoring/prometheus.js';
import { isAbsent } from '../../../src/monitoring/signal.js';
import { run } from '../../../src/process/run.js';
import { type AlarmId, alarmSettingsSchema } from '../../../src/site/alarm-settings.js';

/**
 * Prometheus's own program judges the rules: what a site that is well says, and what it says with one fault, which
 * begins in the second minute and is over before the sixteenth. Values are in Prometheus's notation: `0+5x9` is ten values that grow by 5.
 */
const stepSeconds = 5;
const faultAt = 120;
const faultEnds = 920;
const [stepsBefore, stepsOfFault] = [faultAt / stepSeconds, (faultEnds - faultAt) / stepSeconds];
const steady = (value: number) => `${value}+0x300`;
const then = (well: number, ill: number) => `${well}+0x${stepsBefore - 1} ${ill}+0x${stepsOfFault - 1} ${well}+0x100`;
/** A counter: how much it grows in a step while all is well, and while it is not. */
function growing(well: number, ill: number): string {
  const [begun, ended] = [well * stepsBefore, well * stepsBefore + ill * stepsOfFault];
  return `0+${well}x${stepsBefore - 1} ${begun}+${ill}x${stepsOfFault - 1} ${ended}+${well}x100`;
}

const haproxy = (name: string, labels: string) => `haproxy_${name}{${labels},instance="a"}`;
const responses = (environment: string, code: string) =>
  haproxy('backend_http_responses_total', `proxy="${environment}",code="${code}"`);
const up = (job: string, server: string) => `up{job="${job}",server="${server}"}`;
const day = 86_400;

const well: Readonly<Record<string, string>> = {
  'up{job="control-plane"}': steady(1),
  [up('haproxy', 'haproxy-1')]: steady(1),
  [up('haproxy', 'haproxy-2')]: steady(1),
  [up('mysqld', 'db-1')]: steady(1),
  ...Object.fromEntries(
    ['dev', 'prod'].flatMap((environment) => [
      [responses(environment, '2xx'), growing(50, 50)],
      [responses(environment, '5xx'), steady(0)],
      [haproxy('backend_response_time_average_seconds', `proxy="${environment}"`), steady(0.05)],
      [haproxy('backend_active_servers', `proxy="${environment}"`), steady(2)],
      [`understudy_instances_wanted{environment="${environment}"}`, steady(2)],
      [`understudy_instance_healthy{instance="${environment}-1",environment="${environment}"}`, steady(1)],
      [`understudy_instance_healthy{instance="${environment}-2",environment="${environment}"}`, steady(1)],
    ]),
  ),
  [haproxy('frontend_http_responses_total', 'proxy="https",code="5xx"')]: steady(0),
  [haproxy('server_http_responses_total', 'proxy="prod",server="prod-1",code="5xx"')]: steady(0),
  understudy_promoted: steady(1),
  'understudy_php_listen_queue{instance="prod-1"}': steady(0),
  'understudy_opcache_full{instance="prod-1"}': steady(0),
  'understudy_server_up{server="replica-1",kind="database"}': steady(1),
  'understudy_database_answers{server="replica-1",role="replica"}': steady(1),
  'understudy_server_up{server="replica-2",kind="database"}': steady(1),
  'understudy_database_answers{server="replica-2",role="replica"}': steady(1),
  'understudy_server_cpu_seconds_total{server="db-1",kind="database"}': growing(1, 1),
  understudy_processors: steady(2),
  'understudy_database_state{state="down"}': steady(0),
  'understudy_database_state{state="solo"}': steady(0),
  'understudy_database_primary{server="db-1"}': steady(1),
  'understudy_database_primary{server="db-2"}': steady(0),
  'mysql_slave_status_seconds_behind_master{server="db-2"}': steady(0),
  'mysql_global_status_threads_connected{server="db-1"}': steady(10),
  'mysql_global_variables_max_connections{server="db-1"}': steady(100),
  'mysql_binlog_size_bytes{server="db-1"}': steady(1),
  understudy_disk_size_bytes: steady(100),
  understudy_disk_free_bytes: steady(50),
  'understudy_replica_leaked{server="replica-1"}': steady(0),
  'understudy_replica_gate{server="replica-1",gate="broken"}': steady(0),
  'understudy_replica_gate{server="replica-1",gate="open"}': steady(0),
  understudy_position_age_seconds: steady(day),
  'understudy_instance_edition_late{instance="prod-1"}': steady(0),
  understudy_edition_replicas: steady(2),
  'understudy_work_in_progress{kind="promotion"}': steady(0),
  'understudy_work_in_progress{kind="drill"}': steady(0),
  understudy_certificate_expiry_timestamp_seconds: steady(400 * day),
  understudy_cron_started_timestamp_seconds: growing(5, 5),
  understudy_cron_runners: steady(0),
};

type Fault = readonly [
  alarm: AlarmId,
  what: string,
  series: Readonly<Record<string, string>>,
  also?: readonly (readonly [AlarmId, string])[],
];

const faults: readonly Fault[] = [
  ['prod-errors', 'prod', { [responses('prod', '5xx')]: growing(0, 10) }],
  ['dev-errors', 'dev', { [responses('dev', '5xx')]: growing(0, 10) }],
  ['prod-slow', 'prod', { [haproxy('backend_response_time_average_seconds', 'proxy="prod"')]: then(0.05, 3) }],
  ['prod-no-instances', 'prod', { [haproxy('backend_active_servers', 'proxy="prod"')]: then(2, 0) }],
  ['dev-no-instances', 'dev', { [haproxy('backend_active_servers', 'proxy="dev"')]: then(2, 0) }],
  ['instances-missing', 'prod', { 'understudy_instances_wanted{environment="prod"}': then(2, 3) }],
  [
    'instance-unhealthy',
    'prod-2',
    { 'understudy_instance_healthy{instance="prod-2",environment="prod"}': then(1, 0) },
    [['instances-missing', 'prod']],
  ],
  ['php-saturated', 'prod-1', { 'understudy_php_listen_queue{instance="prod-1"}': then(0, 4) }],
  ['opcache-full', 'prod-1', { 'understudy_opcache_full{instance="prod-1"}': then(0, 1) }],
  ['balancer-down', 'haproxy-2', { [up('haproxy', 'haproxy-2')]: then(1, 0) }],
  [
    'balancer-errors',
    'the balancer',
    { [haproxy('frontend_http_responses_total', 'proxy="https",code="5xx"')]: growing(0, 5) },
  ],
  [
    'replicas-down',
    'the replicas',
    {
      'understudy_database_answers{server="replica-1",role="replica"}': then(1, 0),
      'understudy_database_answers{server="replica-2",role="replica"}': then(1, 0),
    },
    [
      ['database-hangs', 'replica-1'],
      ['database-hangs', 'replica-2'],
    ],
  ],
  ['database-down', "dev's database", { 'understudy_database_state{state="down"}': then(0, 1) }],
  ['database-solo', "dev's database", { 'understudy_database_state{state="solo"}': then(0, 1) }],
  [
    'database-failed-over',
    'db-2',
    {
      'understudy_database_primary{server="db-1"}': then(1, 0),
      'understudy_database_primary{server="db-2"}': then(0, 1),
    },
  ],
  ['database-hangs', 'replica-1', { 'understudy_database_answers{server="replica-1",role="replica"}': then(1, 0) }],
  ['standby-lag', 'db-2', { 'mysql_slave_status_seconds_behind_master{server="db-2"}': then(0, 60) }],
  ['database-connections', 'db-1', { 'mysql_global_status_threads_connected{server="db-1"}': then(10, 90) }],
  ['database-cpu', 'db-1', { 'understudy_server_cpu_seconds_total{server="db-1",kind="database"}': growing(1, 9.5) }],
  ['binlog-growth', 'db-1', { 'mysql_binlog_size_bytes{server="db-1"}': then(1, 20) }],
  ['gate-leak', 'replica-1', { 'understudy_replica_leaked{server="replica-1"}': then(0, 1) }],
  ['gate-broken', 'replica-1', { 'understudy_replica_gate{server="replica-1",gate="broken"}': then(0, 1) }],
  ['gate-closed-14-days', 'prod', { understudy_position_age_seconds: then(day, 15 * day) }],
  [
    'gate-closed-21-days',
    'prod',
    { understudy_position_age_seconds: then(day, 22 * day) },
    [['gate-closed-14-days', 'prod']],
  ],
  [
    'gate-closed-25-days',
    'prod',
    { understudy_position_age_seconds: then(day, 26 * day) },
    [
      ['gate-closed-14-days', 'prod'],
      ['gate-closed-21-days', 'prod'],
    ],
  ],
  ['edition-mixed', 'prod-1', { 'understudy_instance_edition_late{instance="prod-1"}': then(0, 1) }],
  ['edition-one-replica', 'prod', { understudy_edition_replicas: then(2, 1) }],
  ['disk-room', 'the disk', { understudy_disk_free_bytes: then(50, 5) }],
  ['certificate-expiry', 'the balancer', { understudy_certificate_expiry_timestamp_seconds: then(400 * day, 5 * day) }],
  [
    'cron-missing',
    "dev's scheduled jobs",
    { understudy_cron_started_timestamp_seconds: `0+0x${faultEnds / stepSeconds - 1} ${faultEnds}+5x100` },
  ],
  ['cron-twice', "dev's scheduled jobs", { understudy_cron_runners: then(0, 2) }],
  [
    'server-died',
    'replica-1',
    { 'understudy_server_died_timestamp_seconds{server="replica-1"}': `_x${faultAt / stepSeconds} ${faultAt}+0x300` },
  ],
  ['server-down', 'replica-1', { 'understudy_server_up{server="replica-1",kind="database"}': then(1, 0) }],
  ['control-plane-down', 'the control plane', { 'up{job="control-plane"}': then(1, 0) }],
  ['monitoring-blind', 'db-1', { [up('mysqld', 'db-1')]: then(1, 0) }],
];

const alarms = alarmsOf(alarmSettingsSchema.parse({}));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-rules-'));
  await writeFile(join(folder, 'alarms.yml'), JSON.stringify(prometheusRules(alarms)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is raised at a moment, as `promtool test rules` is to find it. */
function expectation(seconds: number, raised: readonly (readonly [string, string])[]) {
  return {
    expr: 'count by (alertname, what) (ALERTS{alertstate="firing",severity!="none"})',
    eval_time: `${seconds}s`,
    exp_samples: raised.map(([alertname, what]) => ({
      labels: `{alertname="${alertname}", what="${what}"}`,
      value: 1,
    })),
  };
}

async function judge(tests: readonly object[]) {
  const file = join(folder, 'tests.yml');
  const document = { rule_files: ['alarms.yml'], evaluation_interval: `${stepSeconds}s`, tests };
  await writeFile(file, JSON.stringify(document));
  const { stdout, stderr, exitCode } = await run('promtool', ['test', 'rules', file], { accept: [0, 1] });
  expect(stdout + stderr).toContain('SUCCESS');
  expect(exitCode).toBe(0);
}

const test = (name: string, series: Readonly<Record<string, string>>, expectations: readonly object[]) => ({
  name,
  interval: `${stepSeconds}s`,
  input_series: Object.entries({ ...well, ...series }).map(([name, values]) => ({ series: name, values })),
  promql_expr_test: expectations,
});

it('a site that is well raises nothing in a quarter of an hour', async () => {
  await judge([test('well', {}, [expectation(60, []), expectation(300, []), expectation(900, [])])]);
});

it('there is a fault for every alarm that this machine can raise, but for the one that takes a day', () => {
  const here = alarms.filter(({ id, signal }) => !isAbsent(signal.prometheus) && id !== 'gate-open');
  expect(faults.map(([id]) => id).sort()).toEqual(here.map(({ id }) => id).sort());
});

it('each fault raises its alarm, after the time that it says and for whom it is about, and no other, until it is over', async () => {
  const tests = faults.map(([id, what, series, also = []]) => {
    const alarm = alarms.find((one) => one.id === id);
    const all = [[id, what] as const, ...also];
    const slowest = Math.max(...all.map(([one]) => alarms.find((other) => other.id === one)?.forSeconds ?? 0));
    // A share of a minute's rate takes a minute to become what it is; the age of a job must pass its threshold first.
    const lead = id === 'cron-missing' ? 310 : id === 'server-died' ? 5 : 70;
    const raisedAt = (id === 'cron-missing' ? 0 : faultAt) + slowest + lead;
    const quiet = (alarm?.forSeconds ?? 0) > 5 ? [expectation(faultAt + (alarm?.forSeconds ?? 0) - 5, [])] : [];
    const silentBefore = id === 'cron-missing' || also.length > 0 ? [expectation(faultAt - 5, [])] : quiet;
    // A failover is told for three minutes, and so is the way back.
    const overAt = faultEnds + (id === 'database-failed-over' ? 190 : 70);
    expect(raisedAt, id).toBeLessThan(faultEnds);
    return test(id, series, [...silentBefore, expectation(raisedAt, all), expectation(overAt, [])]);
  });
  await judge(tests);
});

it('an alarm about a server that died is over when it has lived for half a minute', async () => {
  const died = { 'understudy_server_died_timestamp_seconds{server="db-1"}': `_x24 ${faultAt}+0x400` };
  await judge([
    test('over', died, [expectation(faultAt + 25, [['server-died', 'db-1']]), expectation(faultAt + 40, [])]),
  ]);
});

it('what is missing altogether is told where that means harm', async () => {
  const gone = {
    'up{job="control-plane"}': '_x1',
    [up('haproxy', 'haproxy-1')]: '_x1',
    [up('haproxy', 'haproxy-2')]: '_x1',
  };
  await judge([
    test('gone', gone, [
      expectation(200, [
        ['balancer-down', 'the balancer'],
        ['control-plane-down', 'the control plane'],
      ]),
    ]),
  ]);
});

it('errors of a site that nothing was promoted to are not told', async () => {
  const series = { [responses('prod', '5xx')]: growing(0, 10), understudy_promoted: steady(0) };
  await judge([test('nothing promoted', series, [expectation(400, [])])]);
});
