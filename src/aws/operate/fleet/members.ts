import type { AutoScalingGroup, DescribeAutoScalingGroupsCommandOutput } from '@aws-sdk/client-auto-scaling';
import type { DescribeInstancesCommandOutput } from '@aws-sdk/client-ec2';
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { InstanceId } from '../../../platform/edition.js';
import type { InstanceState } from '../../../platform/fleet.js';
import type { EnvironmentName } from '../../../site/schema.js';
import { call } from '../../call.js';
import type { Caller } from '../../deployment/clients.js';
import { silentMs } from '../../fleet/reports.js';
import { tags } from '../../naming.js';

/** An instance as Auto Scaling, the balancer and EC2 know it. */
export interface Member {
  readonly id: InstanceId;
  readonly zone: string;
  /** As Auto Scaling calls it: `InService`, `Pending:Wait`, `Terminating`. */
  readonly lifecycle: string;
  /** As the balancer calls it: `healthy`, `initial`, `draining`; undefined if it does not know it. */
  readonly health: string | undefined;
  /** Undefined for one that EC2 does not tell of yet. */
  readonly address: string | undefined;
}

export interface FleetClients {
  readonly autoScaling: Caller;
  readonly balancers: Caller;
  readonly ec2: Caller;
}

/** So long an answer is used again: a promotion asks several times within a second, and AWS limits how often. */
const reuseMs = 2_000;

/** Who belongs to the environments of a site, from AWS. */
export class Members {
  readonly #known = new Map<EnvironmentName, { readonly at: number; readonly members: Promise<readonly Member[]> }>();

  constructor(
    private readonly site: string,
    private readonly clients: FleetClients,
    private readonly now: () => number = Date.now,
  ) {}

  /** Without those that are going. @throws as `call` */
  of(environment: EnvironmentName): Promise<readonly Member[]> {
    const known = this.#known.get(environment);
    if (known && this.now() - known.at < reuseMs) return known.members;
    const members = this.#ask(environment);
    this.#known.set(environment, { at: this.now(), members });
    members.catch(() => this.#known.delete(environment));
    return members;
  }

  async #ask(environment: EnvironmentName): Promise<readonly Member[]> {
    const groups = await this.#groups(environment);
    const found = groups
      .flatMap(({ Instances = [] }) => Instances)
      .filter(({ LifecycleState }) => isThere(LifecycleState));
    const [addresses, health] = await Promise.all([
      this.#addresses(found.flatMap(({ InstanceId }) => InstanceId ?? [])),
      this.#health(groups.flatMap(({ TargetGroupARNs = [] }) => TargetGroupARNs)),
    ]);
    return found
      .map(({ InstanceId: id = '', AvailabilityZone: zone = '', LifecycleState: lifecycle = '' }) => ({
        id,
        zone,
        lifecycle,
        health: health.get(id),
        address: addresses.get(id),
      }))
      .sort((a, b) => a.id.localeCompare(b.id, 'en'));
  }

  /** Names of the groups of targets that instances of an environment are in. */
  async targetGroups(environment: EnvironmentName): Promise<readonly string[]> {
    return (await this.#groups(environment)).flatMap(({ TargetGroupARNs = [] }) => TargetGroupARNs);
  }

  async #groups(environment: EnvironmentName): Promise<readonly AutoScalingGroup[]> {
    const { DescribeAutoScalingGroupsCommand } = await import('@aws-sdk/client-auto-scaling');
    const Filters = [
      { Name: `tag:${tags.site}`, Values: [this.site] },
      { Name: `tag:${tags.environment}`, Values: [environment] },
    ];
    return pages(async (NextToken) => {
      const command = new DescribeAutoScalingGroupsCommand({ Filters, ...(NextToken ? { NextToken } : {}) });
      const name = 'autoscaling:DescribeAutoScalingGroups';
      const page = await call<DescribeAutoScalingGroupsCommandOutput>(this.clients.autoScaling, name, command);
      return { items: page.AutoScalingGroups ?? [], next: page.NextToken };
    });
  }

  async #addresses(ids: readonly InstanceId[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
    // A filter, not a list: one that EC2 does not know of yet is then left out, in place of an error.
    const Filters = [{ Name: 'instance-id', Values: [...ids] }];
    const found = await pages(async (NextToken) => {
      const command = new DescribeInstancesCommand({ Filters, ...(NextToken ? { NextToken } : {}) });
      const page = await call<DescribeInstancesCommandOutput>(this.clients.ec2, 'ec2:DescribeInstances', command);
      const items = (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
      return { items, next: page.NextToken };
    });
    return new Map(found.flatMap(({ InstanceId: id, PrivateIpAddress: at }) => (id && at ? [[id, at] as const] : [])));
  }

  async #health(groups: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { DescribeTargetHealthCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const answers = await Promise.all(
      groups.map((TargetGroupArn) =>
        call<{ TargetHealthDescriptions?: TargetHealthDescription[] }>(
          this.clients.balancers,
          'elasticloadbalancing:DescribeTargetHealth',
          new DescribeTargetHealthCommand({ TargetGroupArn }),
        ),
      ),
    );
    return new Map(
      answers
        .flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions)
        .flatMap(({ Target, TargetHealth }) =>
          Target?.Id && TargetHealth?.State ? [[Target.Id, TargetHealth.State]] : [],
        ),
    );
  }
}

/** @param reportedAt when it last said something, in ms since 1970 */
export function stateOf({ lifecycle, health }: Member, reportedAt: number, now: number): InstanceState {
  if (lifecycle.includes('Standby')) return 'stopped';
  if (now - reportedAt > silentMs) return 'unhealthy';
  if (lifecycle.startsWith('Pending') || health === 'initial') return 'starting';
  if (health === 'draining') return 'draining';
  return health === 'healthy' ? 'healthy' : 'unhealthy';
}

const isThere = (lifecycle: string | undefined) => !/^(?:Terminat|Detach)/.test(lifecycle ?? '');

async function pages<T>(
  ask: (token: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const { items, next } = await ask(token);
    all.push(...items);
    token = next;
  } while (token);
  return all;
}
