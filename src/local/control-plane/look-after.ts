import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { rotateLogs } from '../log-rotation.js';
import { keepGatesOpen } from './keep-gates-open.js';
import type { Running } from './running.js';

/** Between two looks at processes, requests and databases: a fault is acted upon within a second. */
const roundMs = 250;
const secondMs = 1_000;
const minuteMs = 60_000;
const accessLogsMs = 5_000;
/** A balancer process that is silent for this many looks in a row hangs, and takes half of the visitors with it. */
const silentLooks = 2;

/**
 * Looks after everything, each part in rounds of its own, until it is told to stop: a failover must not wait for an
 * instance that is slow to end. Returns when the rounds that are under way have ended.
 */
export async function lookAfter(running: Running, log: Logger, signal: AbortSignal): Promise<void> {
  const { parts, supervisor, databases, instances, scalers, cron, accessLogs } = running;
  const rounds = async (part: string, everyMs: number, work: () => Promise<unknown>) => {
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) log.error({ part, err: error }, 'looking after it failed');
      }
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([
    rounds('processes', roundMs, () => supervisor.tick()),
    rounds('balancer', secondMs, replaceSilentBalancers(running, log)),
    rounds('requests that nobody answers', roundMs, () => running.balancer.cutOffSilent()),
    rounds('instances', secondMs, () => instances.tick()),
    ...scalers.map((scaler) => rounds('scaling', secondMs, () => scaler.tick(signal)).finally(() => scaler.settled())),
    rounds('scheduled jobs', secondMs, () => cron.tick()),
    rounds('access logs', accessLogsMs, () => accessLogs.tick()),
    rounds('logs', minuteMs, () => rotateLogs({ layout: parts.layout, records: supervisor.records })),
    ...(databases
      ? [
          rounds('databases', roundMs, lookAfterDatabases(databases, signal)),
          rounds('replicas', secondMs, () => databases.replicas.round(signal)).finally(() => databases.replicas.end()),
          rounds('gates', 2 * secondMs, keepGatesOpen(parts.layout, databases.site, log)),
        ]
      : []),
  ]);
}

function lookAfterDatabases(databases: NonNullable<Running['databases']>, signal: AbortSignal) {
  let purgeAt = performance.now() + minuteMs;
  return async () => {
    databases.status = await databases.cluster.converge(signal);
    const { problem: text } = databases.status;
    const since = databases.problem?.since ?? new Date().toISOString();
    databases.problem = text === undefined ? undefined : { text, since };
    if (performance.now() < purgeAt) return;
    purgeAt = performance.now() + minuteMs;
    // A copy that is being made needs the logs that stood in the list when it began.
    if (databases.cluster.isRebuilding) return;
    await databases.site.purge();
  };
}

/** Its runtime changes are in its file, so a new process goes on where the old one should be. */
function replaceSilentBalancers({ balancer, supervisor }: Running, log: Logger) {
  const looks = new Map<string, number>();
  return async () => {
    const silent = await balancer.reconcile();
    for (const service of balancer.services()) {
      const count = silent.includes(service.name) ? (looks.get(service.name) ?? 0) + 1 : 0;
      looks.set(service.name, count);
      if (count < silentLooks || !supervisor.isRunning(service.name)) continue;
      looks.set(service.name, 0);
      log.warn({ name: service.name }, 'does not answer; it is replaced');
      await supervisor.fence(service);
      await supervisor.ensure(service);
    }
  };
}
