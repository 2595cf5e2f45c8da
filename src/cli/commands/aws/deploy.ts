import { resolveNs } from 'node:dns/promises';
import { bundle } from '../../../aws/bundles.js';
import { needBootstrap } from '../../../aws/deployment/bootstrap.js';
import { plannedChanges } from '../../../aws/deployment/changes.js';
import { deploy as deploySite, needRealImage } from '../../../aws/deployment/deploy.js';
import { publishSite } from '../../../aws/operate/published-site.js';
import { imageFor } from '../../../aws/usable-image.js';
import { reportTask } from '../../../output/messages.js';
import { awsSite } from '../../../site/aws-site.js';
import { loadSite } from '../../../site/load.js';
import type { CommandContext } from '../../command.js';
import { openSite } from '../../target/aws-site-access.js';
import { changesText } from '../../text/aws-text.js';
import type { AwsOptions } from '../aws.js';
import { agree, makeTemplates, openAws, openToolkit, withTemplates } from './prepare.js';

/** Shows what would change, asks, and does it. */
export async function deploy(context: CommandContext, options: AwsOptions): Promise<number> {
  const { terminal, signal, configFile } = context;
  // What can be told without AWS is told first.
  needRealImage(await imageFor(awsSite(await loadSite(configFile)), configFile));
  const { of, clients } = await openAws(context);
  await needBootstrap(of, clients.ssm, signal);
  const { toolkit, activity } = await openToolkit(context);
  const started = performance.now();
  await withTemplates(async (directory) => {
    await makeTemplates(context, of, directory, true);
    const changes = await reportTask(terminal.report, 'diff', 'Comparing with what is there', () =>
      plannedChanges(toolkit, directory),
    );
    terminal.say(changesText(changes));
    await agree(context, options.yes === true, `Deploy this to ${of.account} in ${of.region}?`);
    const publish = async () => {
      const { releases } = await openSite(context);
      await publishSite(releases, of.site, bundle('cli/host/main'));
    };
    await deploySite({ of, directory, toolkit, activity, clients, publish, lookUp: resolveNs, signal });
  });
  const urls = { dev: `https://${of.domains.dev}`, prod: `https://${of.domains.prod}` };
  const ms = Math.round(performance.now() - started);
  terminal.result({ urls, ms }, () => `Deployed.\n  dev   ${urls.dev}\n  prod  ${urls.prod}`);
  return 0;
}
