import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import pino from 'pino';
import { hasCode, messageOf, refusal } from '../../output/errors.js';
import { silent } from '../../output/messages.js';
import { acquireLock } from '../../state/lock.js';
import { layoutFor, paths } from '../layout.js';
import { readSite } from '../site/applied-site.js';
import { ControlPlane } from './control-plane.js';
import { type CallHandlers, serveCalls } from './socket-server.js';
import { statusOf } from './status.js';

/**
 * The control plane's process: `main.js DEFINITION [--idle]`. There is one for each site, which its lock makes sure of. Its
 * standard output is its log. SIGTERM ends it and leaves everything running; only the call `down` stops the site.
 */
async function main(configFile: string, idle: boolean): Promise<void> {
  const log = pino({ base: { site: configFile } });
  const layout = layoutFor(configFile);
  await mkdir(layout.stateDir, { recursive: true, mode: 0o755 });
  await mkdir(layout.runtimeDir, { recursive: true, mode: 0o755 });
  const lock = await acquireLock(paths.controlLock(layout), { why: 'supervising the site' }).catch((error) => {
    if (!hasCode(error, 'locked')) throw error;
    log.info({ problem: messageOf(error) }, 'another control plane is there');
    process.exit(0);
  });
  const controlPlane = new ControlPlane(layout, log);
  const end = async (why: string) => {
    log.info({ why }, 'ending');
    await lock.release();
    process.exit(0);
  };
  const handlers: CallHandlers = {
    up: ({ site }, { report, signal }) => controlPlane.up(site, { report, signal }),
    down: async () => {
      await controlPlane.down(await readSite(layout));
      // The answer is sent first.
      setTimeout(() => void end('down'), 50);
      return {};
    },
    status: () => statusOf(controlPlane.running),
    instances: ({ environment }) => controlPlane.running.instances.list(environment),
    bootCanary: () => controlPlane.running.instances.bootCanary(),
    dismissCanary: () => done(controlPlane.running.instances.dismissCanary()),
    refresh: ({ instance }) => done(controlPlane.running.instances.refresh(instance)),
    weights: async () => controlPlane.running.balancer.state.weights,
    setWeight: ({ replica, weight }) => done(controlPlane.running.balancer.setWeight(replica, weight)),
    traffic: async ({ environment }) => {
      const { requests, serverErrors } = await controlPlane.running.balancer.counters(environment);
      return { requests, failed: serverErrors };
    },
    rebuildReplica: async ({ replica, from }, { signal }) => {
      const { databases, balancer } = controlPlane.running;
      if (!databases) throw refusal({ code: 'no-database', message: 'This site has no database.' });
      // Out of rotation before it is touched; whoever asked for it decides when it comes back.
      await balancer.setWeight(replica, 0);
      return done(databases.site.rebuild(replica, from, databases.processes, signal));
    },
  };
  await serveCalls(paths.controlSocket(layout), handlers);
  process.on('SIGTERM', () => void end('SIGTERM'));
  log.info({ pid: process.pid }, 'listening');
  if (!idle) await adopt(controlPlane, layout, log);
}

/** After a crash, or a restart of the machine: a site that is meant to be up is brought up without being asked. */
async function adopt(
  controlPlane: ControlPlane,
  layout: ReturnType<typeof layoutFor>,
  log: pino.Logger,
): Promise<void> {
  const site = existsSync(paths.upMarker(layout)) ? await readSite(layout) : undefined;
  if (!site) return;
  try {
    const { ms } = await controlPlane.up(site, { report: silent, signal: new AbortController().signal });
    log.info({ ms }, 'taken over');
  } catch (error) {
    log.error({ err: error }, 'the site could not be taken over; `understudy up` tries again');
  }
}

async function done(work: Promise<unknown>): Promise<Record<string, never>> {
  await work;
  return {};
}

const [configFile, option] = process.argv.slice(2);
if (configFile === undefined) throw new Error('usage: main.js DEFINITION [--idle]');
await main(configFile, option === '--idle');
