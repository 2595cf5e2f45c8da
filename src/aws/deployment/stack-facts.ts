import {
  DescribeStacksCommand,
  type DescribeStacksCommandOutput,
  ListStackResourcesCommand,
  type ListStackResourcesCommandOutput,
} from '@aws-sdk/client-cloudformation';
import { hasCode } from '../../output/errors.js';
import { call, causedBy } from '../call.js';
import type { Caller } from './clients.js';

/** The outputs of a stack by name; undefined if there is no such stack. */
export async function stackOutputs(
  cloudFormation: Caller,
  stack: string,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const { Stacks: [found] = [] } = await call<DescribeStacksCommandOutput>(
      cloudFormation,
      'cloudformation:DescribeStacks',
      new DescribeStacksCommand({ StackName: stack }),
      signal,
    );
    return Object.fromEntries(
      (found?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    );
  } catch (error) {
    // That is how CloudFormation says that there is none.
    if (hasCode(error, 'aws-call-failed') && causedBy(error, 'ValidationError')) return undefined;
    throw error;
  }
}

/** What resources of a type are really called, from all pages of the list. Empty if there is no such stack. */
export async function physicalIds(
  cloudFormation: Caller,
  stack: string,
  type: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  if ((await stackOutputs(cloudFormation, stack, signal)) === undefined) return [];
  const found: string[] = [];
  let next: string | undefined;
  do {
    const page: ListStackResourcesCommandOutput = await call(
      cloudFormation,
      'cloudformation:ListStackResources',
      new ListStackResourcesCommand({ StackName: stack, NextToken: next }),
      signal,
    );
    for (const { ResourceType, PhysicalResourceId, ResourceStatus } of page.StackResourceSummaries ?? []) {
      if (ResourceType === type && PhysicalResourceId && ResourceStatus !== 'DELETE_COMPLETE')
        found.push(PhysicalResourceId);
    }
    next = page.NextToken;
  } while (next);
  return found;
}
