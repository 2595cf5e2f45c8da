import { join } from 'node:path';
import { destroy as destroySite, keptAfterDestroy, needConfirmation } from '../../../aws/deployment/destroy.js';
import { instanceFilesHash } from '../../../aws/instance-files.js';
import { synthesiseImage } from '../../../aws/synthesise.js';
import { awsSite } from '../../../site/aws-site.js';
import { loadSite } from '../../../site/load.js';
import type { CommandContext } from '../../command.js';
import type { AwsOptions } from '../aws.js';
import { agree, makeTemplates, openAws, openToolkit, withTemplates } from './prepare.js';

/** Removes what serves; with --data and the site's name said, also what holds data. */
export async function destroy(context: CommandContext, options: AwsOptions): Promise<number> {
  const { terminal, signal, configFile } = context;
  const data = options.data === true;
  needConfirmation(awsSite(await loadSite(configFile)), data, options.confirm);
  const { of, clients } = await openAws(context);
  const { toolkit, activity } = await openToolkit(context);
  const what = data ? 'everything, databases included,' : 'the instances, the balancer and the operations host';
  const question = `Remove ${what} of ${of.site.name} from ${of.account} in ${of.region}? Deletion protection is ended for it.`;
  await agree(context, options.yes === true, question);
  const removed = await withTemplates(async (directory) => {
    const directories = { site: join(directory, 'site'), image: join(directory, 'image') };
    await makeTemplates(context, of, directories.site, false);
    synthesiseImage({ of, instanceFiles: await instanceFilesHash(), outdir: directories.image });
    return destroySite({ of, directories, toolkit, activity, data, clients, signal });
  });
  const kept = data ? keptAfterDestroy : ['everything that holds data: the stacks data and network'];
  terminal.result({ removed, kept }, () =>
    [`Removed: ${removed.join(', ') || 'nothing was there'}.`, 'Kept:', ...kept.map((one) => `  - ${one}`)].join('\n'),
  );
  return 0;
}
