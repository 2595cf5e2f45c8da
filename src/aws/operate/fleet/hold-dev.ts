import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '../../../output/errors.js';
import type { InstanceId } from '../../../platform/edition.js';
import { devIsBusy, type Hold } from '../../../platform/fleet.js';
import { run } from '../../../process/run.js';
import { waitUntil } from '../../../process/wait.js';
import { writeFileAtomic } from '../../../state/atomic-file.js';
import type { Dispatch } from './dispatch.js';

/** Dev's scheduled jobs, which one timer on the operations host starts. */
export interface DevJobs {
  /** None begins until then (ms since 1970), or until they are let go. Returns when none runs. @throws code `deadline` */
  hold(until: number, signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
}

/** Jobs under way may take longer than requests. */
const jobsMs = 10_000;
const service = 'understudy-cron.service';

/** @param file which the service looks at before it starts: seconds since 1970 until which it must not */
export const devJobs = (file: string): DevJobs => ({
  async hold(until, signal) {
    await writeFileAtomic(file, `${Math.ceil(until / 1000)}\n`);
    const what = "dev's scheduled jobs to end";
    const over = async () =>
      (await run('systemctl', ['is-active', '--quiet', service], { accept: anyStatus })).exitCode !== 0;
    await waitUntil(over, { what, deadlineMs: jobsMs, everyMs: 200, signal });
  },
  release: () => rm(file, { force: true }),
});

const anyStatus = Array.from({ length: 6 }, (_, status) => status);

/** Whoever holds dev renews it, so that it ends soon after he does. */
const leaseMs = 15_000;
const renewMs = 5_000;
const answerMs = 20_000;

export interface HeldDev {
  readonly dispatch: Pick<Dispatch, 'give'>;
  readonly instances: readonly InstanceId[];
  readonly jobs: DevJobs;
}

/** `Fleet.holdDev`: instances and jobs are held for seconds at a time, again and again until it is released. */
export async function holdDev(held: HeldDev, forMs: number, signal: AbortSignal): Promise<Hold> {
  const end = Date.now() + forMs;
  const over = new AbortController();
  const until = () => Math.min(end, Date.now() + leaseMs);
  const hold = async (by: AbortSignal) => {
    await held.jobs.hold(until(), by);
    await held.dispatch.give(held.instances, { do: 'hold', until: until() }, { deadlineMs: answerMs, signal: by });
  };
  const release = async () => {
    over.abort(new Error('It is released.'));
    // What cannot be let go now lets itself go.
    await held.jobs.release().catch(() => undefined);
    const options = { deadlineMs: answerMs };
    await held.dispatch.give(held.instances, { do: 'release' }, options).catch(() => undefined);
  };
  try {
    await hold(signal);
  } catch (error) {
    await release();
    throw hasCode(error, 'deadline') ? devIsBusy(error) : error;
  }
  const ended = AbortSignal.any([over.signal, signal]);
  void (async () => {
    while (!ended.aborted && Date.now() < end) {
      await delay(renewMs, undefined, { signal: ended }).catch(() => undefined);
      // One that fails leaves the rest of the time; the lock on the tables stands beside it.
      if (!ended.aborted && Date.now() < end) await hold(ended).catch(() => undefined);
    }
  })();
  return { release };
}
