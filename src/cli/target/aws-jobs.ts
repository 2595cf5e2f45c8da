import { fromWire } from '../../output/errors.js';
import type { CommandContext } from '../command.js';
import { documentNames, folderOf, type Job } from '../host/documents.js';
import type { JobResult } from '../host/job.js';
import { followCopy } from './aws-follow.js';
import { newId } from './aws-promotions.js';
import type { AwsAccess } from './aws-site-access.js';

type Wanted = Job extends infer One ? (One extends Job ? Omit<One, 'by'> : never) : never;

/**
 * Has the operations host do something, and watches it to its end. Ctrl-C ends the watching alone.
 * @returns what came of it
 * @throws what the job threw there; the signal's reason
 */
export async function runJob(
  { releases, by, ask }: Pick<AwsAccess, 'releases' | 'by' | 'ask'>,
  { terminal, signal }: Pick<CommandContext, 'terminal' | 'signal'>,
  wanted: Wanted,
): Promise<unknown> {
  const id = newId();
  const folder = folderOf.job(id);
  await releases.write(folder + documentNames.request, JSON.stringify({ ...wanted, by }), { absent: true });
  await ask('job', id);
  const result = (await followCopy({
    bucket: releases,
    folder,
    from: 0,
    report: terminal.report,
    hasBegun: false,
    // Its unit writes the last line even if the job is killed; nobody does if the host is lost.
    isGoing: async () => true,
    signal,
  }).catch((error) => {
    if (signal.aborted) terminal.say(`The operations host goes on with it: job ${id}.`);
    throw error;
  })) as JobResult;
  if ('error' in result) throw fromWire(result.error);
  return result.value;
}
