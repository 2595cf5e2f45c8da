import type { AlarmId } from '../../site/alarm-settings.js';
import type { EnvironmentName } from '../../site/schema.js';
import type { AlarmDefinition } from '../alarm.js';
import type { CloudWatchMetric, Signal } from '../signal.js';

const targets = (environment: EnvironmentName) =>
  ({ LoadBalancer: 'loadBalancer', TargetGroup: `${environment}TargetGroup` }) as const;

const ofTargets = (
  environment: EnvironmentName,
  name: string,
  statistic: CloudWatchMetric['statistic'],
): CloudWatchMetric => ({ namespace: 'AWS/ApplicationELB', name, statistic, dimensions: targets(environment) });

const answers = (environment: EnvironmentName, more = '') =>
  `haproxy_backend_http_responses_total{proxy="${environment}"${more}}`;

/** Errors of a site that nothing was promoted to are its answer. */
const promoted = 'unless on () (understudy_promoted == 0)';

/** Judged by nobody: how much there is to do, for the dashboard. */
export const requests = (environment: EnvironmentName): Signal => ({
  measures: `requests to ${environment}`,
  part: 'balancer',
  unit: 'per second',
  prometheus: { expr: `sum by (proxy) (rate(${answers(environment)}[1m]))` },
  cloudwatch: { math: 'm1 / 60', metrics: { m1: ofTargets(environment, 'RequestCount', 'Sum') } },
});

/** A few failures among few requests are not a share of anything: five in a minute is where it begins. */
const errors = (environment: EnvironmentName): Signal => ({
  measures: `answers of the 5xx class among those of ${environment}`,
  part: 'balancer',
  unit: 'percent',
  prometheus: {
    expr: `100 * sum by (proxy) (rate(${answers(environment, ',code="5xx"')}[1m])) / sum by (proxy) (rate(${answers(environment)}[1m])) and on (proxy) sum by (proxy) (increase(${answers(environment, ',code="5xx"')}[1m])) >= 5${environment === 'prod' ? ` ${promoted}` : ''}`,
  },
  cloudwatch: {
    math: 'IF(m1 >= 5, 100 * m1 / m2, 0)',
    metrics: {
      m1: ofTargets(environment, 'HTTPCode_Target_5XX_Count', 'Sum'),
      m2: ofTargets(environment, 'RequestCount', 'Sum'),
    },
  },
});

/** HAProxy keeps no percentiles: locally it is the average of the last 1,024 answers, while any come. */
const slowness: Signal = {
  measures: 'how long prod takes to answer (99th percentile on AWS, average locally)',
  part: 'web',
  unit: 'seconds',
  prometheus: {
    expr: `max by (proxy) (haproxy_backend_response_time_average_seconds{proxy="prod"}) and on (proxy) sum by (proxy) (rate(${answers('prod')}[1m])) > 0.1`,
  },
  cloudwatch: { metric: ofTargets('prod', 'TargetResponseTime', 'p99') },
};

const healthy = (environment: EnvironmentName): Signal => ({
  measures: `instances of ${environment} that the balancer sends requests to`,
  part: 'web',
  unit: 'count',
  prometheus: { expr: `min by (proxy) (haproxy_backend_active_servers{proxy="${environment}"})` },
  cloudwatch: { metric: ofTargets(environment, 'HealthyHostCount', 'Minimum') },
});

const noInstances = (environment: EnvironmentName) =>
  ({
    title: `No instance of ${environment} is healthy`,
    severity: 'critical',
    signal: healthy(environment),
    raisedWhen: 'below',
    threshold: 1,
    forSeconds: 15,
    missingData: 'breaching',
    where: environment,
    runbook: 'an-instance-is-unhealthy',
  }) as const;

export const webAlarms = {
  'prod-errors': {
    title: 'Visitors of prod get errors',
    severity: 'critical',
    visitorsAffected: true,
    signal: errors('prod'),
    raisedWhen: 'above',
    threshold: { setting: 'errorPercent' },
    forSeconds: 30,
    missingData: 'fine',
    where: 'prod',
    visitorsSee: 'Error pages, in the share that the value says; pages in the page cache are still served.',
    toDo: 'Look at `understudy status` and `understudy logs prod`; if a promotion has just ended, `understudy rollback`.',
    runbook: 'visitors-get-errors-or-slow-answers',
  },
  'dev-errors': {
    title: 'People in dev get errors',
    severity: 'warning',
    visitorsAffected: false,
    signal: errors('dev'),
    raisedWhen: 'above',
    threshold: { setting: 'errorPercent' },
    forSeconds: 60,
    missingData: 'fine',
    where: 'dev',
    visitorsSee: 'Nothing: prod does not depend on dev.',
    toDo: 'Read `understudy logs dev`: most often it is what somebody has just changed in a plugin or theme.',
    runbook: 'visitors-get-errors-or-slow-answers',
  },
  'prod-slow': {
    title: 'Prod answers slowly',
    severity: 'critical',
    visitorsAffected: true,
    signal: slowness,
    raisedWhen: 'above',
    threshold: { setting: 'slowSeconds' },
    forSeconds: 120,
    missingData: 'fine',
    where: 'prod',
    visitorsSee: 'Pages that take long; those in the page cache come as fast as ever.',
    toDo: 'See whether instances or replicas are saturated: `understudy status`, `understudy alarms`.',
    runbook: 'visitors-get-errors-or-slow-answers',
  },
  'prod-no-instances': {
    ...noInstances('prod'),
    visitorsAffected: true,
    visitorsSee: 'An error on every page of prod.',
    toDo: 'Run `understudy up`, and read `understudy logs prod`.',
  },
  'dev-no-instances': {
    ...noInstances('dev'),
    visitorsAffected: false,
    visitorsSee: 'Nothing; nobody can work in dev.',
    toDo: 'Run `understudy up`, and read `understudy logs dev`.',
  },
  'instances-missing': {
    title: 'Fewer instances of {what} are well than the definition asks for',
    severity: 'warning',
    visitorsAffected: false,
    signal: {
      measures: 'instances that are missing from the number that the definition asks for',
      part: 'web',
      unit: 'count',
      prometheus: {
        expr: 'understudy_instances_wanted - on (environment) sum by (environment) (understudy_instance_healthy)',
        label: 'environment',
      },
      cloudwatch: {
        math: '{minInstances} - m1',
        metrics: {
          m1: {
            namespace: 'AWS/AutoScaling',
            name: 'GroupInServiceInstances',
            statistic: 'Minimum',
            dimensions: { AutoScalingGroupName: 'autoScalingGroup' },
          },
        },
      },
    },
    raisedWhen: 'above',
    threshold: 0,
    forSeconds: 120,
    missingData: 'unchanged',
    where: 'an environment',
    visitorsSee: 'Nothing, as long as the others can take the load.',
    toDo: 'Run `understudy up`, which boots what is not as it should be.',
    runbook: 'an-instance-is-unhealthy',
  },
  'instance-unhealthy': {
    title: 'An instance is unhealthy: {what}',
    severity: 'warning',
    visitorsAffected: false,
    signal: {
      measures: 'whether an instance is not well',
      part: 'web',
      unit: 'state',
      prometheus: { expr: '1 - understudy_instance_healthy', label: 'instance' },
      cloudwatch: {
        metric: {
          namespace: 'AWS/ApplicationELB',
          name: 'UnHealthyHostCount',
          statistic: 'Maximum',
          dimensions: { LoadBalancer: 'loadBalancer', TargetGroup: 'targetGroup' },
        },
      },
    },
    raisedWhen: 'above',
    threshold: 0,
    forSeconds: 30,
    missingData: 'unchanged',
    where: 'an instance',
    visitorsSee: 'Nothing: the balancer sends requests to the others.',
    toDo: 'Read its log with `understudy logs`. It was started anew at least once already.',
    runbook: 'an-instance-is-unhealthy',
  },
  'php-saturated': {
    title: 'Requests wait for PHP on {what}',
    severity: 'warning',
    visitorsAffected: false,
    signal: {
      measures: 'requests that wait for a free PHP worker',
      part: 'web',
      unit: 'count',
      prometheus: { expr: 'understudy_php_listen_queue', label: 'instance' },
      cloudwatch: { none: 'PHP-FPM tells its queue to nobody outside of the instance; instance-cpu stands for it.' },
    },
    raisedWhen: 'above',
    threshold: 0,
    forSeconds: 60,
    missingData: 'fine',
    where: 'an instance',
    visitorsSee: 'Slower pages, where they are not in the page cache.',
    toDo: 'Raise `capacity.max` of the environment, or find what is slow: `understudy logs`, file `php-slow`.',
    runbook: 'visitors-get-errors-or-slow-answers',
  },
  'instance-cpu': {
    title: 'The instances of {what} are busy',
    severity: 'warning',
    visitorsAffected: false,
    signal: {
      measures: 'processors in use in an Auto Scaling group',
      part: 'web',
      unit: 'percent',
      prometheus: { none: 'On one machine all instances share the processors; php-saturated stands for it.' },
      cloudwatch: {
        metric: {
          namespace: 'AWS/EC2',
          name: 'CPUUtilization',
          statistic: 'Average',
          dimensions: { AutoScalingGroupName: 'autoScalingGroup' },
        },
      },
    },
    raisedWhen: 'above',
    threshold: { setting: 'cpuPercent' },
    forSeconds: 600,
    missingData: 'fine',
    where: 'an environment',
    visitorsSee: 'Slower pages, where they are not in the page cache.',
    toDo: 'Raise `capacity.max` of the environment, or take larger instances.',
    runbook: 'visitors-get-errors-or-slow-answers',
  },
  'opcache-full': {
    title: 'OPcache is full on {what}',
    severity: 'warning',
    visitorsAffected: false,
    signal: {
      measures: 'whether PHP cannot keep any more compiled code',
      part: 'web',
      unit: 'state',
      prometheus: { expr: 'understudy_opcache_full', label: 'instance' },
      cloudwatch: { none: 'The health page of an instance tells it, and the balancer of AWS keeps only its status.' },
    },
    raisedWhen: 'above',
    threshold: 0,
    forSeconds: 300,
    missingData: 'fine',
    where: 'an instance',
    visitorsSee: 'Slower pages: code is compiled for every request anew.',
    toDo: 'It empties when PHP is started anew, which every promotion does at its end.',
    runbook: 'visitors-get-errors-or-slow-answers',
  },
} as const satisfies Partial<Record<AlarmId, AlarmDefinition>>;
