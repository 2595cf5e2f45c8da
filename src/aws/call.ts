import { hasErrno, messageOf, refusal, UnderstudyError } from '../output/errors.js';
import { deadlineSignal } from '../process/deadline.js';
import type { Caller } from './deployment/clients.js';

/** A call that fails in spite of the SDK's retries ends here, in seconds. */
const deadlineMs = 60_000;

const expired = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'];
const unknown = [
  'CredentialsProviderError',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'AuthFailure',
];
const denied = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'AuthorizationErrorException'];
const remedies: Readonly<Record<string, string>> = {
  NoSuchBucket: 'There is no such bucket: look at its name, and whether these are the credentials of its account.',
  PermanentRedirect: 'The bucket is in another region: set AWS_REGION to that.',
};

/**
 * One call of AWS.
 * @param name such as `rds:DescribeDBInstances`: how the permission is called that it needs
 * @throws refused: `credentials-expired`, `credentials-missing`, `permission-missing`; else `aws-call-failed`, with the
 *   error of AWS as its cause; the signal's reason when aborted
 */
export async function call<T>(client: Caller, name: string, command: unknown, signal?: AbortSignal): Promise<T> {
  try {
    return await client.send(command, { abortSignal: deadlineSignal(deadlineMs, signal) });
  } catch (error) {
    signal?.throwIfAborted();
    throw explainCall(name, error);
  }
}

/** The error of AWS with this name, below one of ours. */
export function causedBy(error: unknown, ...names: readonly string[]): boolean {
  const cause = error instanceof UnderstudyError ? error.cause : error;
  return cause instanceof Error && names.includes(cause.name);
}

/** What a call that failed means: see `call`. @param name of the call, and what it was asked of where that helps */
export function explainCall(name: string, error: unknown): UnderstudyError {
  const kind = error instanceof Error ? error.name : '';
  if (expired.includes(kind)) {
    return refusal({
      code: 'credentials-expired',
      message: 'The AWS credentials have expired.',
      remedy: 'Sign in again (such as `aws sso login`), and run the command again: it goes on from what is there.',
      cause: error,
    });
  }
  if (unknown.includes(kind)) {
    return refusal({
      code: 'credentials-missing',
      message: `There are no AWS credentials that work: ${messageOf(error)}`,
      remedy: 'Sign in (such as `aws sso login`), or set AWS_PROFILE to the profile that is meant.',
      cause: error,
    });
  }
  if (denied.includes(kind)) {
    return refusal({
      code: 'permission-missing',
      message: `These credentials may not call ${name}: ${messageOf(error)}`,
      remedy: '`understudy aws policy` prints what an operator needs.',
      cause: error,
    });
  }
  const unreachable = hasErrno(error, 'ENOTFOUND') || hasErrno(error, 'ECONNREFUSED') || kind === 'TimeoutError';
  const remedy = unreachable ? 'Look whether this machine reaches AWS, and run the command again.' : remedies[kind];
  return new UnderstudyError({
    code: 'aws-call-failed',
    message: `${name} failed: ${kind ? `${kind}: ` : ''}${messageOf(error)}`,
    remedy: remedy ?? 'Run the command again.',
    cause: error,
  });
}
