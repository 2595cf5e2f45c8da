import type { GetMetricDataCommandOutput } from '@aws-sdk/client-cloudwatch';
import type { DescribeTargetGroupsCommandOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { spanOfAll } from '../../../access-log/instance-log.js';
import type { InstanceId } from '../../../platform/edition.js';
import type { Traffic, TrafficCounters } from '../../../platform/traffic.js';
import { waitUntil } from '../../../process/wait.js';
import type { EnvironmentName } from '../../../site/schema.js';
import { call } from '../../call.js';
import type { Caller } from '../../deployment/clients.js';
import type { Report } from '../../fleet/reports.js';
import type { AwsFleet } from './aws-fleet.js';
import type { Members } from './members.js';

export interface AwsTrafficOptions {
  readonly fleet: Pick<AwsFleet, 'dispatch' | 'instances'>;
  readonly members: Pick<Members, 'targetGroups'>;
  readonly clients: { readonly balancers: Caller; readonly cloudWatch: Caller };
  readonly now?: () => number;
}

const spanMs = 30_000;
const freshMs = 5_000;
/** CloudWatch has a new number once a minute. */
const unansweredEveryMs = 30_000;

/**
 * What visitors asked and got, in AWS. Exact to a second or two: what instances have answered, out of their own access
 * logs. One to three minutes late, from CloudWatch: requests for which the balancer could not connect to an instance.
 * Not counted for an environment: other errors of the balancer itself (a connection that broke off, or an instance that
 * took longer than a minute), since its metric of them knows no environments; the alarm on that metric sees them.
 */
export function awsTraffic(options: AwsTrafficOptions): Traffic {
  const { fleet, now = Date.now } = options;
  const since = now();
  const sums = { dev: new CounterSum(), prod: new CounterSum() };
  const unanswered = { dev: unansweredSince(options, 'dev', since), prod: unansweredSince(options, 'prod', since) };
  const reportsOf = async (environment: EnvironmentName) => {
    const instances = await fleet.instances(environment);
    return Promise.all(instances.map(({ id }) => fleet.dispatch[environment].report(id)));
  };
  const begun = { dev: false, prod: false };
  return {
    async counters(environment) {
      await fleet.dispatch[environment].watch();
      if (!begun[environment]) await fresh(() => reportsOf(environment), now());
      begun[environment] = true;
      const reports = await reportsOf(environment);
      for (const report of reports) if (report) sums[environment].take(report);
      const missed = await unanswered[environment]();
      const { requests, failed } = sums[environment];
      return { requests: requests + missed, failed: failed + missed };
    },
    async span(environment, from, until) {
      const ids = (await fleet.instances(environment)).map(({ id }) => id);
      const answers = await fleet.dispatch[environment].give(ids, { do: 'span', from, until }, { deadlineMs: spanMs });
      return spanOfAll([...answers.values()]);
    },
  };
}

/** What was asked before is not to be counted with the second reading: reports that nobody watched may be old. */
async function fresh(ask: () => Promise<readonly (Report | undefined)[]>, since: number): Promise<void> {
  const all = async () => (await ask()).every((report) => report === undefined || report.at >= since);
  const what = 'instances to report what they have counted';
  // One that says nothing has its last word counted.
  await waitUntil(all, { what, deadlineMs: freshMs, everyMs: 250 }).catch(() => undefined);
}

/** Adds up what instances count, each of which begins at nothing when its agent does, and goes at any time. */
class CounterSum implements TrafficCounters {
  requests = 0;
  failed = 0;
  readonly #last = new Map<InstanceId, Pick<Report, 'run' | 'requests' | 'failed'>>();

  take({ instance, run, requests, failed }: Report): void {
    const last = this.#last.get(instance);
    const from = last?.run === run ? last : { requests: 0, failed: 0 };
    this.requests += Math.max(0, requests - from.requests);
    this.failed += Math.max(0, failed - from.failed);
    this.#last.set(instance, { run, requests, failed });
  }
}

/** Requests for which no instance could be connected to. While CloudWatch does not answer: as many as before. */
function unansweredSince(
  { members, clients, now = Date.now }: AwsTrafficOptions,
  environment: EnvironmentName,
  since: number,
): () => Promise<number> {
  let at = 0;
  let known = 0;
  return async () => {
    if (now() - at < unansweredEveryMs) return known;
    at = now();
    const groups = await members.targetGroups(environment);
    known = await connectionErrors(clients, groups, since, now()).catch(() => known);
    return known;
  };
}

async function connectionErrors(
  { balancers, cloudWatch }: AwsTrafficOptions['clients'],
  TargetGroupArns: readonly string[],
  from: number,
  until: number,
): Promise<number> {
  if (TargetGroupArns.length === 0) return 0;
  const { DescribeTargetGroupsCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const { GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
  const describe = new DescribeTargetGroupsCommand({ TargetGroupArns: [...TargetGroupArns] });
  const name = 'elasticloadbalancing:DescribeTargetGroups';
  const { TargetGroups = [] } = await call<DescribeTargetGroupsCommandOutput>(balancers, name, describe);
  const queries = TargetGroups.flatMap(({ TargetGroupArn = '', LoadBalancerArns = [] }, group) =>
    LoadBalancerArns.map((balancer, index) => ({
      Id: `m${group}_${index}`,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/ApplicationELB',
          MetricName: 'TargetConnectionErrorCount',
          Dimensions: [
            { Name: 'TargetGroup', Value: TargetGroupArn.slice(TargetGroupArn.indexOf('targetgroup/')) },
            { Name: 'LoadBalancer', Value: balancer.slice(balancer.indexOf('loadbalancer/') + 'loadbalancer/'.length) },
          ],
        },
        Period: 60,
        Stat: 'Sum',
      },
    })),
  );
  if (queries.length === 0) return 0;
  const span = { StartTime: new Date(from - (from % 60_000)), EndTime: new Date(until) };
  let sum = 0;
  let NextToken: string | undefined;
  do {
    const ask = new GetMetricDataCommand({ MetricDataQueries: queries, ...span, ...(NextToken ? { NextToken } : {}) });
    const page = await call<GetMetricDataCommandOutput>(cloudWatch, 'cloudwatch:GetMetricData', ask);
    for (const { Values = [] } of page.MetricDataResults ?? []) sum += Values.reduce((total, one) => total + one, 0);
    NextToken = page.NextToken;
  } while (NextToken);
  return sum;
}
