import { needBootstrap } from '../../../aws/deployment/bootstrap.js';
import { buildImage } from '../../../aws/deployment/build-image.js';
import { deployStack } from '../../../aws/deployment/deploy.js';
import { stackOutputs } from '../../../aws/deployment/stack-facts.js';
import { imageLockFile, writeImageLock } from '../../../aws/image-lock.js';
import { instanceFilesHash } from '../../../aws/instance-files.js';
import { stackName } from '../../../aws/naming.js';
import { pipelineOutput } from '../../../aws/stacks/image/image-stack.js';
import { synthesiseImage } from '../../../aws/synthesise.js';
import { reportTask } from '../../../output/messages.js';
import type { CommandContext } from '../../command.js';
import type { AwsOptions } from '../aws.js';
import { agree, openAws, openToolkit, withTemplates } from './prepare.js';

/** Builds the image of all hosts, and writes its id beside the definition. Deploys nothing that serves. */
export async function image(context: CommandContext, options: AwsOptions): Promise<number> {
  const { terminal, configFile, signal } = context;
  const { of, clients } = await openAws(context);
  await needBootstrap(of, clients.ssm, signal);
  await agree(
    context,
    options.yes === true,
    `Build an image in ${of.account}, ${of.region}? It takes some 20 minutes.`,
  );
  const { toolkit, activity } = await openToolkit(context);
  const instanceFiles = await instanceFilesHash();
  await withTemplates(async (directory) => {
    synthesiseImage({ of, instanceFiles, outdir: directory });
    // The build needs a network to work in. One that is there is left alone: the templates made here export only what
    // the build uses, and other stacks stand on the rest.
    const network = await stackOutputs(clients.cloudFormation, stackName(of.site.name, 'network'), signal);
    // A first attempt that was taken back is there by name, and exports nothing.
    if (Object.keys(network ?? {}).length === 0) await deployStack('network', { directory, toolkit, activity });
    await deployStack('image', { directory, toolkit, activity });
  });
  const outputs = await stackOutputs(clients.cloudFormation, stackName(of.site.name, 'image'), signal);
  const { report } = terminal;
  const lock = await reportTask(report, 'image', 'Building the image', () =>
    buildImage({
      of,
      pipelineArn: outputs?.[pipelineOutput] ?? '',
      instanceFiles,
      imageBuilder: clients.imageBuilder,
      report,
      signal,
    }),
  );
  await writeImageLock(configFile, lock);
  const file = imageLockFile(configFile);
  terminal.result(
    { ...lock, file },
    () => `${lock.imageId} stands in ${file}. Keep that file with the definition.\nNext: understudy aws deploy`,
  );
  return 0;
}
