import { UnderstudyError } from '../../output/errors.js';

/** What was asked of AWS. */
export interface AwsCall {
  /** As in a policy: `s3:GetObject`. */
  readonly action: string;
  /** What it was asked of. */
  readonly resource: string;
}

const remedies: Readonly<Record<string, string>> = {
  CredentialsProviderError: 'Give it credentials: AWS_PROFILE, or `aws sso login`, or the role of the machine.',
  ExpiredToken: 'The credentials have expired: log in again.',
  ExpiredTokenException: 'The credentials have expired: log in again.',
  InvalidAccessKeyId: 'AWS does not know these credentials: look which profile is in use.',
  NoSuchBucket: 'There is no such bucket: look at its name, and whether these are the credentials of its account.',
  PermanentRedirect: 'The bucket is in another region: set AWS_REGION to that.',
  TimeoutError: 'AWS did not answer in time: look at the network, and run the command again.',
};

/** Says which call failed, why, and what to do. What the SDK could retry has been retried by it. */
export function awsError(cause: unknown, { action, resource }: AwsCall): UnderstudyError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const denied = /AccessDenied|Forbidden|UnauthorizedOperation/.test(error.name);
  return new UnderstudyError({
    code: denied ? 'aws-denied' : 'aws-failed',
    message: `AWS refused ${action} on ${resource}: ${error.name}${error.message ? `, ${error.message}` : ''}.`,
    remedy: denied
      ? `These credentials may not do this: allow ${action} on it.`
      : (remedies[error.name] ?? 'Run the command again.'),
    cause,
  });
}
