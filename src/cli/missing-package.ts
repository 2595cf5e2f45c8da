import { hasErrno, usageError } from '../output/errors.js';

/** An installation without optional packages has all that a site on one machine needs. */
export function missingPackage(error: unknown) {
  const isMissing = hasErrno(error, 'ERR_MODULE_NOT_FOUND') || hasErrno(error, 'MODULE_NOT_FOUND');
  const name = isMissing
    ? /Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w.-]+)/.exec(error.message)?.[1]
    : undefined;
  if (name === undefined) return undefined;
  return usageError({
    code: 'aws-packages-missing',
    message: `The package ${name} is not installed. What only AWS needs is optional, and was left out.`,
    remedy: 'Run `npm ci` (or `npm install`) without --omit=optional where understudy is installed, and try again.',
    cause: error,
  });
}
