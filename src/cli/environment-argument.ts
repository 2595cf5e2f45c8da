import { usageError } from '../output/errors.js';
import type { EnvironmentName } from '../site/schema.js';

/** The environment that a person named. @throws usage `unknown-environment` */
export function environmentArgument(text: string | undefined): EnvironmentName {
  if (text === 'dev' || text === 'prod') return text;
  throw usageError({
    code: 'unknown-environment',
    message: `There is no environment ${JSON.stringify(text)}.`,
    remedy: 'Say dev or prod.',
  });
}
