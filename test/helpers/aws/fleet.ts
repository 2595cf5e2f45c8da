import type { EnvironmentName } from '../../../src/site/schema.js';
import { type ApiCall, type ControlApi, controlApi, type Handler, xml } from './control-api.js';

/** An instance as a test wants AWS to tell of it. */
export interface FakeInstance {
  readonly id: string;
  readonly environment: EnvironmentName;
  readonly zone: string;
  readonly address: string;
  lifecycle: string;
  /** Undefined: not registered. */
  health: string | undefined;
  /** Whether EC2 does not tell of it yet. */
  hiddenFromEc2?: boolean;
}

/** Stands in for Auto Scaling, target groups, EC2 and CloudWatch. See README.md beside it. */
export interface FakeFleet extends ControlApi {
  readonly instances: FakeInstance[];
  /** What GetMetricData tells, in all. */
  connectionErrors: number[];
}

export async function fakeFleet(address: string, site: string): Promise<FakeFleet> {
  const instances: FakeInstance[] = [];
  const state = { connectionErrors: [] as number[] };
  const of = (environment: string) => instances.filter((one) => one.environment === environment);
  const handlers: Readonly<Record<string, Handler>> = {
    'autoscaling:DescribeAutoScalingGroups': ({ form }) => {
      const wanted = filters(form, 'Filters.member', 'Values.member');
      // Of somebody else's group in the same account, too; and each alone on its page.
      const groups = ['dev', 'prod'].filter(
        (name) => matches(wanted, 'tag:understudy:environment', name) && matches(wanted, 'tag:understudy:site', site),
      );
      const at = Number(form.get('NextToken') ?? 0);
      const environment = groups[at];
      return answered('DescribeAutoScalingGroups', {
        AutoScalingGroups: environment ? { member: group(environment, of(environment)) } : {},
        NextToken: at + 1 < groups.length ? at + 1 : undefined,
      });
    },
    'elasticloadbalancing:DescribeTargetHealth': ({ form }) => {
      const environment = form.get('TargetGroupArn')?.split('/')[1] ?? '';
      const known = of(environment).filter(({ health }) => health !== undefined);
      const member = known.map(({ id, health }) => ({
        Target: { Id: id, Port: 8080 },
        TargetHealth: { State: health },
      }));
      return answered('DescribeTargetHealth', { TargetHealthDescriptions: { member } });
    },
    'elasticloadbalancing:DescribeTargetGroups': ({ form }) => {
      const arn = form.get('TargetGroupArns.member.1') ?? '';
      const LoadBalancerArns = { member: 'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/abc' };
      return answered('DescribeTargetGroups', { TargetGroups: { member: { TargetGroupArn: arn, LoadBalancerArns } } });
    },
    'ec2:DescribeInstances': (call) => ({ type: 'application/xml', body: describedInstances(call, instances) }),
    'cloudwatch:GetMetricData': ({ body }) => {
      const at = Number(JSON.parse(body).NextToken ?? 0);
      const Values = state.connectionErrors.slice(at, at + 1);
      const NextToken = at + 1 < state.connectionErrors.length ? { NextToken: String(at + 1) } : {};
      const text = JSON.stringify({ MetricDataResults: [{ Id: 'm0_0', Values }], ...NextToken });
      return { type: 'application/x-amz-json-1.0', body: text };
    },
  };
  const api = await controlApi(address, handlers);
  return Object.assign(state, { instances }, api);
}

function group(environment: string, members: readonly FakeInstance[]) {
  return {
    AutoScalingGroupName: environment,
    TargetGroupARNs: { member: `arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/${environment}/0` },
    Instances: {
      member: members.map(({ id, zone, lifecycle }) => ({
        InstanceId: id,
        AvailabilityZone: zone,
        LifecycleState: lifecycle,
        HealthStatus: 'Healthy',
      })),
    },
  };
}

function describedInstances({ form }: ApiCall, instances: readonly FakeInstance[]): string {
  const wanted = filters(form, 'Filter', 'Value').get('instance-id') ?? [];
  const found = instances.filter(({ id, hiddenFromEc2 }) => wanted.includes(id) && !hiddenFromEc2);
  const at = Number(form.get('NextToken') ?? 0);
  const items = found.slice(at, at + 2).map(({ id, address }) => ({ instanceId: id, privateIpAddress: address }));
  return xml('DescribeInstancesResponse', {
    reservationSet: { item: items.map((item) => ({ instancesSet: { item } })) },
    nextToken: at + 2 < found.length ? at + 2 : undefined,
  });
}

/** `NAME.1.Name`, `NAME.1.VALUES.1`, … of a form. */
function filters(form: URLSearchParams, name: string, values: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (let index = 1; form.has(`${name}.${index}.Name`); index++) {
    const list: string[] = [];
    for (let at = 1; form.has(`${name}.${index}.${values}.${at}`); at++) {
      list.push(form.get(`${name}.${index}.${values}.${at}`) ?? '');
    }
    found.set(form.get(`${name}.${index}.Name`) ?? '', list);
  }
  return found;
}

const matches = (wanted: ReadonlyMap<string, readonly string[]>, name: string, value: string) =>
  wanted.get(name)?.includes(value) ?? true;

const answered = (call: string, result: object) => ({
  type: 'application/xml' as const,
  body: xml(`${call}Response`, { [`${call}Result`]: result }),
});
