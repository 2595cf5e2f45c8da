import { StackSelectionStrategy, type Toolkit } from '@aws-cdk/toolkit-lib';
import { UpdateTerminationProtectionCommand } from '@aws-sdk/client-cloudformation';
import { ModifyLoadBalancerAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { refusal } from '../../output/errors.js';
import type { AwsSite } from '../../site/aws-site.js';
import { call } from '../call.js';
import { type StackPart, stackName } from '../naming.js';
import type { DeploymentActivity } from './activity.js';
import type { Caller } from './clients.js';
import { explainFailure } from './explain-failure.js';
import { physicalIds, stackOutputs } from './stack-facts.js';

/** In the order in which they can go: what stands on something goes first. */
const serving: readonly StackPart[] = ['operations', 'prod', 'dev', 'edge'];
const holding: readonly StackPart[] = ['data', 'image', 'network'];

/** What stays in any case, to be removed by hand by somebody who is sure. */
export const keptAfterDestroy = [
  'both file systems (EFS) and their backups',
  'the buckets of releases and of access logs',
  'a last snapshot of the master database, and its automated backups',
  'the secrets',
  'the public hosted zone, if it was made for the site',
] as const;

/**
 * @param confirmed what somebody typed, or gave with --confirm, when the data is to go too
 * @throws refused, code `destroy-unconfirmed`
 */
export function needConfirmation(of: AwsSite, data: boolean, confirmed: string | undefined): void {
  if (!data || confirmed === of.site.name) return;
  throw refusal({
    code: 'destroy-unconfirmed',
    message: `Removing the databases of ${of.site.name} was not confirmed. Nothing was changed.`,
    remedy: `Say the site's name: \`understudy aws destroy --data --confirm ${of.site.name}\`. Without --data only what holds no data is removed.`,
  });
}

export interface DestroyOptions {
  readonly of: AwsSite;
  /** Templates of the site, and of what builds its image. */
  readonly directories: { readonly site: string; readonly image: string };
  readonly toolkit: Toolkit;
  readonly activity: DeploymentActivity;
  readonly data: boolean;
  readonly clients: { readonly cloudFormation: Caller; readonly balancers: Caller; readonly rds: Caller };
  readonly signal: AbortSignal;
}

/**
 * Removes what serves; with `data` also databases and network. Protections are ended one by one, each just before
 * what it protects goes: a run that is cut off leaves the rest protected.
 * @returns the stacks that were removed
 */
export async function destroy(options: DestroyOptions): Promise<readonly string[]> {
  const { of, data, signal, clients } = options;
  const removed: string[] = [];
  for (const part of data ? [...serving, ...holding] : serving) {
    signal.throwIfAborted();
    const stack = stackName(of.site.name, part);
    if ((await stackOutputs(clients.cloudFormation, stack, signal)) === undefined) continue;
    await endProtection(part, stack, options);
    await removeStack(part, options);
    removed.push(stack);
  }
  return removed;
}

async function endProtection(part: StackPart, stack: string, { clients, signal }: DestroyOptions): Promise<void> {
  const { cloudFormation, balancers, rds } = clients;
  if (part === 'edge') {
    for (const arn of await physicalIds(cloudFormation, stack, 'AWS::ElasticLoadBalancingV2::LoadBalancer', signal)) {
      const Attributes = [{ Key: 'deletion_protection.enabled', Value: 'false' }];
      const command = new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: arn, Attributes });
      await call(balancers, 'elasticloadbalancing:ModifyLoadBalancerAttributes', command, signal);
    }
  }
  if (part === 'data') {
    for (const id of await physicalIds(cloudFormation, stack, 'AWS::RDS::DBInstance', signal)) {
      const command = new ModifyDBInstanceCommand({
        DBInstanceIdentifier: id,
        DeletionProtection: false,
        ApplyImmediately: true,
      });
      await call(rds, 'rds:ModifyDBInstance', command, signal);
    }
  }
  if (part === 'data' || part === 'network') {
    const command = new UpdateTerminationProtectionCommand({ StackName: stack, EnableTerminationProtection: false });
    await call(cloudFormation, 'cloudformation:UpdateTerminationProtection', command, signal);
  }
}

async function removeStack(part: StackPart, { toolkit, directories, activity }: DestroyOptions): Promise<void> {
  try {
    await toolkit.destroy(
      await toolkit.fromAssemblyDirectory(part === 'image' ? directories.image : directories.site),
      {
        stacks: { strategy: StackSelectionStrategy.PATTERN_MUST_MATCH_SINGLE, patterns: [part] },
      },
    );
  } catch (error) {
    throw explainFailure(error, activity.failed);
  }
}
