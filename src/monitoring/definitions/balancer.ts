import type { AlarmId } from '../../site/alarm-settings.js';
import type { AlarmDefinition } from '../alarm.js';

export const balancerAlarms = {
  'balancer-down': {
    title: '{what} does not answer',
    severity: 'critical',
    visitorsAffected: true,
    signal: {
      measures: 'whether a balancer process tells its counters',
      part: 'balancer',
      unit: 'state',
      prometheus: { expr: '1 - up{job="haproxy"}', label: 'server' },
      cloudwatch: { none: 'AWS runs the nodes of the balancer and replaces them by itself.' },
    },
    raisedWhen: 'above',
    threshold: 0,
    forSeconds: 15,
    missingData: 'breaching',
    where: 'the balancer',
    visitorsSee: 'Errors on up to half of the connections, if it still takes them and hangs; else nothing.',
    toDo: 'Read `understudy logs haproxy`. One that hangs is replaced within four seconds.',
    runbook: 'the-balancer-fails',
  },
  'balancer-errors': {
    title: 'The balancer finds no instance for requests',
    severity: 'critical',
    visitorsAffected: true,
    signal: {
      measures: 'errors that the balancer itself answered with, in a minute',
      part: 'balancer',
      unit: 'count',
      prometheus: {
        expr: 'sum(increase(haproxy_frontend_http_responses_total{proxy="https",code="5xx"}[1m])) - sum(increase(haproxy_server_http_responses_total{code="5xx"}[1m]))',
      },
      cloudwatch: {
        metric: {
          namespace: 'AWS/ApplicationELB',
          name: 'HTTPCode_ELB_5XX_Count',
          statistic: 'Sum',
          dimensions: { LoadBalancer: 'loadBalancer' },
        },
      },
    },
    raisedWhen: 'above',
    threshold: 5,
    forSeconds: 30,
    missingData: 'fine',
    where: 'the balancer',
    visitorsSee: 'A bare error page from the balancer.',
    toDo: 'See which instances are well: `understudy status`.',
    runbook: 'the-balancer-fails',
  },
} as const satisfies Partial<Record<AlarmId, AlarmDefinition>>;
