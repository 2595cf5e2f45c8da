import { dirname, join, resolve } from 'node:path';
import { synthesise } from '../../../aws/synthesise.js';
import { imageFor } from '../../../aws/usable-image.js';
import { reportTask } from '../../../output/messages.js';
import { awsSite } from '../../../site/aws-site.js';
import { loadSite } from '../../../site/load.js';
import type { CommandContext } from '../../command.js';
import { columns } from '../../text/table.js';
import type { AwsOptions } from '../aws.js';

/** Templates, without an account: what can be reviewed before anything is made. */
export async function synth({ terminal, configFile }: CommandContext, options: AwsOptions): Promise<number> {
  const of = awsSite(await loadSite(configFile));
  const image = await imageFor(of, configFile);
  const outdir = resolve(options.out ?? join(dirname(configFile), 'cdk.out'));
  const stacks = await reportTask(terminal.report, 'synth', 'Making templates', () =>
    synthesise({ of, imageId: image.imageId, outdir, check: options.check === true }),
  );
  const placeholder = image.placeholder === true;
  terminal.result({ out: outdir, stacks, image: image.imageId, placeholder }, () => {
    const rows = stacks.map(({ name, resources, template }) => [name, `${resources} resources`, template]);
    const hint = placeholder
      ? '\nThe image is a placeholder. `understudy aws image` builds one; until then nothing can be deployed.'
      : '';
    return `${columns(rows)}${hint}`;
  });
  return 0;
}
