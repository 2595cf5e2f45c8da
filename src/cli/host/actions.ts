import { endDeadLease } from '../../aws/operate/lease.js';
import { toWire, usageError } from '../../output/errors.js';
import { idPattern } from './documents.js';
import type { Host } from './host.js';
import { endJob, jobOnHost } from './job.js';
import { copyAll, look } from './look.js';
import { promoteOnHost } from './promotion.js';

/**
 * What the program of the operations host does, called by instance/aws/operate:
 * `look` answers with a line of JSON; `run-ID`, `resume-ID`, `abort-ID` carry out a promotion and `job-ID` a job, as
 * the unit of systemd of that name; `over-…` is called when such a unit has ended, however it did.
 * @returns the exit status
 */
export async function act(host: Host, action: string): Promise<number> {
  if (action === 'look') return answer(() => look(host));
  const [, over, mode, id = ''] = /^(over-)?(run|resume|abort|job)-(.+)$/.exec(action) ?? [];
  if (mode === undefined || !idPattern.test(id)) {
    throw usageError({ code: 'unknown-action', message: `There is no action ${JSON.stringify(action)}.` });
  }
  if (over) {
    await endDeadLease(host.bucket);
    await (mode === 'job' ? endJob(host, id) : copyAll(host, id));
  } else if (mode === 'job') {
    await jobOnHost(host, id);
  } else {
    await promoteOnHost(host, id, mode as 'run' | 'resume' | 'abort');
  }
  return 0;
}

async function answer(work: () => Promise<unknown>): Promise<number> {
  try {
    process.stdout.write(`${JSON.stringify(await work())}\n`);
    return 0;
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: toWire(error) })}\n`);
    return 1;
  }
}
