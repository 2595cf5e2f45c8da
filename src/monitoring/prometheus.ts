import { type Alarm, type Work, works } from './alarms.js';
import { isAbsent, type PrometheusSource } from './signal.js';

/** Where Prometheus finds what it asks. Addresses with their ports. */
export interface PrometheusTargets {
  readonly controlPlane: string;
  /** By name of the process. */
  readonly balancers: Readonly<Record<string, string>>;
  /** The exporters, by the name of the server that each one asks. */
  readonly databases: Readonly<Record<string, string>>;
  readonly alertmanager: string;
}

/** A server that is lost is to be told within half a minute: so much is for noticing it, twice. */
const everySeconds = 5;

/** Alertmanager's rules for silence refer to these. */
export const workAlert = (work: Work) => `work-${work}`;
export const silenceLabel = (work: Work) => `silence_${work}`;

/** The rules of Prometheus, as the document that its rule file holds. */
export function prometheusRules(alarms: readonly Alarm[]) {
  const rules = alarms.flatMap((alarm) => {
    const { prometheus } = alarm.signal;
    return isAbsent(prometheus) ? [] : [ruleOf(alarm, prometheus)];
  });
  return { groups: [{ name: 'alarms', interval: `${everySeconds}s`, rules: [...works.map(workRule), ...rules] }] };
}

/** Raised while something is going on that may keep alarms quiet. Nobody is told of it. */
const workRule = (work: Work) => ({
  alert: workAlert(work),
  expr: `understudy_work_in_progress{kind="${work}"} == 1`,
  labels: { severity: 'none' },
});

function ruleOf(alarm: Alarm, source: PrometheusSource) {
  const sign = alarm.raisedWhen === 'above' ? '>' : '<';
  const isMissing = alarm.missingData === 'breaching' ? ` or absent(${source.expr})` : '';
  // A series that came from `absent` has no name to tell.
  const what = source.label
    ? `{{ with $labels.${source.label} }}{{ . }}{{ else }}${alarm.where}{{ end }}`
    : alarm.where;
  const text = (words: string) => words.replaceAll('{what}', what);
  return {
    alert: alarm.id,
    expr: `(${source.expr}) ${sign} ${alarm.threshold}${isMissing}`,
    for: `${alarm.forSeconds}s`,
    labels: {
      severity: alarm.severity,
      what,
      ...Object.fromEntries(alarm.silenceDuring.map((work) => [silenceLabel(work), 'yes'])),
    },
    annotations: {
      title: text(alarm.title),
      visitors: text(alarm.visitorsSee),
      todo: text(alarm.toDo),
      runbook: alarm.runbook,
    },
  };
}

/**
 * The configuration of Prometheus. Of what HAProxy and MariaDB tell, only what an alarm or a person asks for is kept:
 * the rest is most of it, and would be most of the memory.
 */
export function prometheusConfiguration(site: string, rulesFile: string, targets: PrometheusTargets) {
  const named = (addresses: Readonly<Record<string, string>>) =>
    Object.entries(addresses).map(([server, address]) => ({ targets: [address], labels: { server } }));
  return {
    global: {
      scrape_interval: `${everySeconds}s`,
      scrape_timeout: `${everySeconds - 1}s`,
      evaluation_interval: `${everySeconds}s`,
      external_labels: { site },
    },
    rule_files: [rulesFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [targets.alertmanager] }] }] },
    scrape_configs: [
      // Their labels are ours: `instance` is a web instance, `server` a server.
      { job_name: 'control-plane', honor_labels: true, static_configs: [{ targets: [targets.controlPlane] }] },
      {
        job_name: 'haproxy',
        honor_labels: true,
        static_configs: named(targets.balancers),
        metric_relabel_configs: [keep(haproxyMetrics)],
      },
      {
        job_name: 'mysqld',
        scrape_interval: '15s',
        static_configs: named(targets.databases),
        metric_relabel_configs: [keep(mysqldMetrics)],
      },
    ],
  };
}

const keep = (names: readonly string[]) => ({ source_labels: ['__name__'], regex: names.join('|'), action: 'keep' });

const haproxyMetrics = [
  'haproxy_process_current_connections',
  'haproxy_(frontend|backend|server)_http_responses_total',
  'haproxy_(backend|server)_(current_sessions|connection_errors_total|response_errors_total|retry_warnings_total)',
  'haproxy_(backend|server)_response_time_average_seconds',
  'haproxy_backend_active_servers',
  'haproxy_server_status',
];
const mysqldMetrics = [
  'mysql_up',
  'mysql_binlog_.*',
  'mysql_slave_status_(seconds_behind_master|slave_.*_running)',
  'mysql_global_variables_max_connections',
  'mysql_global_status_(threads_connected|threads_running|queries|slow_queries|aborted_connects|uptime)',
  'mysql_global_status_innodb_(row_lock_time|row_lock_waits|buffer_pool_reads|buffer_pool_read_requests)',
];
