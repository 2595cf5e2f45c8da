import {
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  type DescribeAutoScalingGroupsCommandOutput,
  DescribeScalingActivitiesCommand,
  type DescribeScalingActivitiesCommandOutput,
} from '@aws-sdk/client-auto-scaling';
import type { CapacityStatus } from '../../platform/status.js';
import type { EnvironmentName } from '../../site/schema.js';
import { call } from '../call.js';
import type { Caller } from '../deployment/clients.js';
import { tags } from '../naming.js';

/**
 * How many instances an environment is to have, as its group says.
 * @returns undefined while there is no group
 */
export async function groupCapacity(
  autoScaling: Caller,
  siteName: string,
  environment: EnvironmentName,
): Promise<CapacityStatus | undefined> {
  const group = await groupOf(autoScaling, siteName, environment);
  if (!group) return undefined;
  const { MinSize: min = 0, MaxSize: max = 0, DesiredCapacity: wanted = 0, AutoScalingGroupName: name = '' } = group;
  return { min, max, wanted, scaled: wanted === min ? null : await lastScaling(autoScaling, name) };
}

async function groupOf(autoScaling: Caller, siteName: string, environment: EnvironmentName) {
  const found: AutoScalingGroup[] = [];
  let next: string | undefined;
  do {
    const page: DescribeAutoScalingGroupsCommandOutput = await call(
      autoScaling,
      'autoscaling:DescribeAutoScalingGroups',
      new DescribeAutoScalingGroupsCommand({
        Filters: [
          { Name: `tag:${tags.site}`, Values: [siteName] },
          { Name: `tag:${tags.environment}`, Values: [environment] },
        ],
        NextToken: next,
      }),
    );
    found.push(...(page.AutoScalingGroups ?? []));
    next = page.NextToken;
  } while (next);
  return found[0];
}

/** The last change that scaling has made, of those that are remembered (six weeks). */
async function lastScaling(autoScaling: Caller, name: string): Promise<CapacityStatus['scaled']> {
  const { Activities = [] } = await call<DescribeScalingActivitiesCommandOutput>(
    autoScaling,
    'autoscaling:DescribeScalingActivities',
    new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name, MaxRecords: 50 }),
  );
  const change = Activities.find(({ Cause = '' }) => /monitor alarm|desired capacity/i.test(Cause));
  return change?.StartTime ? { at: change.StartTime.toISOString(), why: change.Cause ?? '' } : null;
}
