import { bootstrap as bootstrapAccount } from '../../../aws/deployment/bootstrap.js';
import { reportTask } from '../../../output/messages.js';
import type { CommandContext } from '../../command.js';
import type { AwsOptions } from '../aws.js';
import { agree, openAws, openToolkit } from './prepare.js';

/** Once for each account and region, by an administrator. */
export async function bootstrap(context: CommandContext, options: AwsOptions): Promise<number> {
  const { terminal } = context;
  const { of } = await openAws(context);
  const { toolkit } = await openToolkit(context);
  const policies = options.executionPolicy ?? [];
  const role = policies.length > 0 ? policies.join(', ') : 'everything (AdministratorAccess)';
  await agree(
    context,
    options.yes === true,
    `Make a bucket and the roles of deployments in ${of.account}, ${of.region}? CloudFormation may then do ${role}.`,
  );
  await reportTask(terminal.report, 'bootstrap', `Preparing ${of.region} for deployments`, () =>
    bootstrapAccount(of, toolkit, policies),
  );
  terminal.result(
    { account: of.account, region: of.region },
    () => `${of.region} is prepared. Next: understudy aws image`,
  );
  return 0;
}
