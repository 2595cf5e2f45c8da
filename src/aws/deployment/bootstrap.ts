import { BootstrapEnvironments, BootstrapStackParameters, type Toolkit } from '@aws-cdk/toolkit-lib';
import { GetParameterCommand, type GetParameterCommandOutput } from '@aws-sdk/client-ssm';
import { hasCode, refusal } from '../../output/errors.js';
import type { AwsSite } from '../../site/aws-site.js';
import { call, causedBy } from '../call.js';
import type { Caller } from './clients.js';

/** Where the CDK writes down that an account and region are prepared. */
export const bootstrapParameter = '/cdk-bootstrap/hnb659fds/version';

/** The version of what the bootstrap made; undefined if this account and region have none. */
export async function bootstrapVersion(ssm: Caller, signal?: AbortSignal): Promise<number | undefined> {
  try {
    const { Parameter } = await call<GetParameterCommandOutput>(
      ssm,
      'ssm:GetParameter',
      new GetParameterCommand({ Name: bootstrapParameter }),
      signal,
    );
    return Number(Parameter?.Value);
  } catch (error) {
    if (hasCode(error, 'aws-call-failed') && causedBy(error, 'ParameterNotFound')) return undefined;
    throw error;
  }
}

/** @throws refused, code `not-bootstrapped` */
export async function needBootstrap(of: AwsSite, ssm: Caller, signal?: AbortSignal): Promise<void> {
  if ((await bootstrapVersion(ssm, signal)) !== undefined) return;
  throw refusal({
    code: 'not-bootstrapped',
    message: `The account ${of.account} is not prepared for deployments in ${of.region}.`,
    remedy:
      'An administrator runs `understudy aws bootstrap` once; it makes a bucket and the roles that deployments use.',
  });
}

/** @param executionPolicies what CloudFormation may do; none given: everything, as the CDK has it */
export async function bootstrap(of: AwsSite, toolkit: Toolkit, executionPolicies: readonly string[]): Promise<void> {
  await toolkit.bootstrap(BootstrapEnvironments.fromList([`aws://${of.account}/${of.region}`]), {
    terminationProtection: true,
    parameters: BootstrapStackParameters.withExisting(
      executionPolicies.length > 0 ? { cloudFormationExecutionPolicies: [...executionPolicies] } : {},
    ),
  });
}
