import { messageOf, UnderstudyError } from '../../output/errors.js';
import type { FailedResource } from './activity.js';

/** What is known to lead to a refusal of AWS, by its own words, and what to do about it. */
const known: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [
    /deletion protection/i,
    'Deletion protection is on. `understudy aws destroy` ends it after asking; in the console it is a switch of the resource.',
  ],
  [
    /limit|quota|maximum number/i,
    'A quota of the account is used up. `understudy aws doctor` shows those that matter; ask for more under Service Quotas.',
  ],
  [
    /already exists/i,
    'Something of that name is there already, perhaps kept from an earlier stack. Import it into the stack, or rename or remove it.',
  ],
  [
    /not authorized|access denied/i,
    'The role that CloudFormation works with may not do that. It is set by `understudy aws bootstrap`.',
  ],
  [
    /insufficient.*capacity|not have sufficient/i,
    'The zone has no machine of that type at the moment. Run it again later, or choose another type.',
  ],
  [
    /instance refresh|alarm/i,
    'The new instances answered with errors and were taken back; visitors are served by the old ones. `understudy logs prod` has what the new ones said.',
  ],
  [
    /certificate|validation timed out/i,
    'The certificate could not be validated: look whether the registrar names the zone’s name servers (`understudy aws doctor`).',
  ],
];

/**
 * A deployment that failed, as an operator needs it told: what failed first, what CloudFormation did about it, what to
 * do next.
 */
export function explainFailure(error: unknown, failed: readonly FailedResource[]): UnderstudyError {
  const [first] = failed;
  if (!first) {
    return new UnderstudyError({
      code: 'deployment-failed',
      message: `The deployment failed: ${messageOf(error)}`,
      remedy: 'Run it again with --verbose to see what was called.',
      cause: error,
    });
  }
  const remedy = known.find(([pattern]) => pattern.test(first.reason))?.[1];
  return new UnderstudyError({
    code: 'deployment-failed',
    message:
      `${first.resource} (${first.type}) in ${first.stack} failed: ${first.reason}\n` +
      'CloudFormation has put this stack back to what it was; stacks that were done before it stay as they are now.',
    remedy: `${remedy ?? 'Correct the cause.'} Then run \`understudy aws deploy\` again: it goes on from what is there.`,
    cause: error,
  });
}
