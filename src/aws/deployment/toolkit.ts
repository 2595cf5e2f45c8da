import { Toolkit } from '@aws-cdk/toolkit-lib';
import type { DeploymentActivity } from './activity.js';

/**
 * The deployment engine of the CDK, told in our words. It asks nobody: what it would ask for (changes of permissions,
 * removal) has been shown and agreed to before it is called.
 */
export function quietToolkit(activity: DeploymentActivity): Toolkit {
  return new Toolkit({
    color: false,
    emojis: false,
    ioHost: {
      async notify(message) {
        activity.take(message);
      },
      async requestResponse(request) {
        activity.take(request);
        // Each question here is "shall I?", and the answer was given before.
        return (typeof request.defaultResponse === 'boolean' ? true : request.defaultResponse) as never;
      },
    },
  });
}
