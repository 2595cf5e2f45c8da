import type { CommandContext } from '../command.js';
import { missingPackage } from '../missing-package.js';
import type { Operations } from './operations.js';

/**
 * The platform in AWS, as its operator reaches it. Before anything is asked for, the credentials are compared with the
 * definition.
 * @throws usage `aws-packages-missing`, `definition-invalid`; refusals `wrong-account`, `not-deployed`, and those of
 *   `call`
 */
export async function awsOperations(context: CommandContext): Promise<Operations> {
  try {
    const { openSite } = await import('./aws-site-access.js');
    const { operationsInAws } = await import('./operations-in-aws.js');
    return operationsInAws(context, await openSite(context));
  } catch (error) {
    throw missingPackage(error) ?? error;
  }
}
