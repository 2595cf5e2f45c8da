import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Running } from './running.js';

/** Between two looks at processes and databases: a fault is acted upon within a second. */
const roundMs = 250;
const instancesEveryMs = 1_000;
const purgeEveryMs = 60_000;

/** Looks after everything, round by round, until it is told to stop. Returns when the round that it is in has ended. */
export async function lookAfter(running: Running, log: Logger, signal: AbortSignal): Promise<void> {
  const { supervisor, databases, instances, cron } = running;
  let instancesAt = 0;
  let purgeAt = performance.now() + purgeEveryMs;
  /** One part that fails must not keep the others from being looked after. */
  const guard = async (part: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) log.error({ part, err: error }, 'looking after it failed');
    }
  };
  while (!signal.aborted) {
    const now = performance.now();
    await guard('processes', () => supervisor.tick(now));
    if (databases) {
      await guard('databases', async () => {
        databases.status = await databases.cluster.converge(signal);
      });
      if (now >= purgeAt) {
        purgeAt = now + purgeEveryMs;
        await guard('binary logs', () => databases.site.purge());
      }
    }
    if (now >= instancesAt) {
      instancesAt = now + instancesEveryMs;
      await guard('instances', () => instances.tick(now));
    }
    cron.tick(now);
    await delay(roundMs, undefined, { signal }).catch(() => undefined);
  }
  await cron.settle();
}
