import { refusal } from '../output/errors.js';
import type { Edition } from '../platform/edition.js';

/**
 * While prod follows dev its replicas stand nowhere for long: nothing can be compared, promoted or copied.
 * @throws refusal `prod-follows-dev`
 */
export function refuseWhileFollowing(current: Edition | null | undefined): void {
  if (!current?.following) return;
  throw refusal({
    code: 'prod-follows-dev',
    message: `Prod has followed dev since ${current.following.since}.`,
    remedy: 'Run `understudy sync stop` first, which freezes prod where it is.',
  });
}
