import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusal } from '../../../output/errors.js';
import { type AwsSite, awsSite } from '../../../site/aws-site.js';
import { loadSite } from '../../../site/load.js';
import type { CommandContext } from '../../command.js';
import { confirm } from '../../confirm.js';
import { refuseWithoutTerminal } from '../promote.js';

/** The definition, and who is meant by the credentials: both before anything else. */
export async function openAws({ configFile, signal }: CommandContext) {
  const of = awsSite(await loadSite(configFile));
  const { makeClients } = await import('../../../aws/deployment/make-clients.js');
  const { checkIdentity } = await import('../../../aws/deployment/identity.js');
  const clients = makeClients(of.region);
  await checkIdentity(of, clients.sts, signal);
  return { of, clients };
}

/** A toolkit that tells what it does through this terminal. */
export async function openToolkit({ terminal }: CommandContext) {
  const { DeploymentActivity } = await import('../../../aws/deployment/activity.js');
  const { quietToolkit } = await import('../../../aws/deployment/toolkit.js');
  const activity = new DeploymentActivity(terminal.report);
  return { activity, toolkit: quietToolkit(activity) };
}

/** Runs `work` with a folder for templates that is gone afterwards. */
export async function withTemplates<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-templates-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Templates of the site, with the image that its lock file names. */
export async function makeTemplates(context: CommandContext, of: AwsSite, directory: string, check: boolean) {
  const { imageFor } = await import('../../../aws/usable-image.js');
  const { synthesise } = await import('../../../aws/synthesise.js');
  const { reportTask } = await import('../../../output/messages.js');
  const image = await imageFor(of, context.configFile);
  await reportTask(context.terminal.report, 'synth', 'Making templates', () =>
    synthesise({ of, imageId: image.imageId, outdir: directory, check }),
  );
  return image;
}

/** @throws refused, code `declined` */
export async function agree(context: CommandContext, yes: boolean, question: string): Promise<void> {
  if (yes) return;
  refuseWithoutTerminal(context);
  if (!(await confirm(question, context.signal))) throw refusal({ code: 'declined', message: 'Nothing was changed.' });
}
