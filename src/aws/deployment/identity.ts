import { GetCallerIdentityCommand, type GetCallerIdentityCommandOutput } from '@aws-sdk/client-sts';
import { refusal } from '../../output/errors.js';
import type { AwsSite } from '../../site/aws-site.js';
import { call } from '../call.js';
import type { Caller } from './clients.js';

/**
 * Asked before anything is changed: whether these credentials are of the account that the definition names.
 * @returns who it is, as AWS calls it
 * @throws refused: `wrong-account`, and what `call` throws for credentials
 */
export async function checkIdentity(of: AwsSite, sts: Caller, signal?: AbortSignal): Promise<string> {
  const { Account: account, Arn: arn } = await call<GetCallerIdentityCommandOutput>(
    sts,
    'sts:GetCallerIdentity',
    new GetCallerIdentityCommand({}),
    signal,
  );
  if (account !== of.account) {
    throw refusal({
      code: 'wrong-account',
      message: `These credentials are of the account ${account}; the definition says ${of.account}. Nothing was changed.`,
      remedy: 'Sign in to the right account (AWS_PROFILE), or correct aws.account.',
    });
  }
  return arn ?? '';
}
