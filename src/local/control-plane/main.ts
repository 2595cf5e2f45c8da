import { existsSync, writeSync } from 'node:fs';
import pino from 'pino';
import { hasCode, messageOf, refusal } from '../../output/errors.js';
import { Secret } from '../../output/secret.js';
import { acquireLock } from '../../state/lock.js';
import { makeSiteFolders } from '../folders.js';
import { layoutFor, paths } from '../layout.js';
import { build } from './build.js';
import { ControlPlane } from './control-plane.js';
import { type CallHandlers, serveCalls } from './socket-server.js';
import { statusOf } from './status.js';

/**
 * The control plane's process: `main.js DEFINITION [--idle | --again]`. There is one for each site, which its lock makes
 * sure of. Its standard output is its log. SIGTERM ends it and leaves everything running; only the call `down` stops
 * the site. `--again`: in the place of one that was lost, so not beside another one, nor when the site has been stopped.
 */
async function main(configFile: string, option: string | undefined): Promise<void> {
  // People read it in the night: `understudy logs control-plane`.
  const readable = { timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level: string) => ({ level }) } };
  const log = pino({ base: null, ...readable }, { write: writeLine });
  const layout = layoutFor(configFile);
  // Folders and files of root must be open to the accounts of servers, whatever the umask of whoever started it.
  process.umask(process.getuid?.() === 0 ? 0o022 : 0o077);
  const again = option === '--again';
  const isUnwanted = () => again && !existsSync(paths.upMarker(layout));
  // Nothing is to be made anew of a site that is just being removed.
  if (isUnwanted()) return;
  await makeSiteFolders(layout);
  // One that is just ending is waited for.
  const waitMs = again ? 0 : 5_000;
  const lock = await acquireLock(paths.controlLock(layout), { why: 'supervising the site', waitMs }).catch((error) => {
    if (!hasCode(error, 'locked')) throw error;
    log.info({ problem: messageOf(error) }, 'another control plane is there');
    process.exit(0);
  });
  if (isUnwanted()) return lock.release();
  const controlPlane = new ControlPlane(layout, log);
  const end = async (why: string) => {
    log.info({ why }, 'ending');
    await lock.release();
    process.exit(0);
  };
  const handlers: CallHandlers = {
    ping: async () => ({ build }),
    up: ({ site, smtpPassword }, { report, signal }) =>
      controlPlane
        .up(site, { report, signal }, smtpPassword === undefined ? undefined : new Secret(smtpPassword))
        .finally(() => {
          // A first start that failed has left nothing to look after.
          if (controlPlane.isIdle) server.close(() => void end('the first start failed'));
        }),
    down: async () => {
      await controlPlane.down().catch((error) => {
        // It was started only to stop the site; since that goes on, somebody must look after it.
        if (controlPlane.isIdle) void controlPlane.adopt();
        throw error;
      });
      // Nobody new is let in; whoever was is answered first.
      server.close(() => void end('down'));
      return {};
    },
    status: () => statusOf(controlPlane.running),
    instances: async ({ environment }) => (await controlPlane.ready()).instances.list(environment),
    bootCanary: async () => (await controlPlane.ready()).instances.bootCanary(),
    dismissCanary: async () => done((await controlPlane.ready()).instances.dismissCanary()),
    refresh: async ({ instance }) => done((await controlPlane.ready()).instances.refresh(instance)),
    holdDev: async ({ forMs }, { report, signal }) => {
      const { instances, cron } = await controlPlane.ready();
      const held = () => report({ kind: 'start', task: 'hold', title: 'Dev is held' });
      return done(cron.whilePaused(() => instances.hold('dev', { forMs, signal, held })));
    },
    weights: async () => (await controlPlane.ready()).balancer.state.weights,
    setWeight: async ({ replica, weight }) => done((await controlPlane.ready()).balancer.setWeight(replica, weight)),
    traffic: async ({ environment }) => {
      const { requests, serverErrors } = await (await controlPlane.ready()).balancer.counters(environment);
      return { requests, failed: serverErrors };
    },
    rebuildReplica: async ({ replica, from }, { signal }) => {
      const { databases, balancer } = await controlPlane.ready();
      if (!databases) throw refusal({ code: 'no-database', message: 'This site has no database.' });
      // Out of rotation before it is touched; whoever asked for it decides when it comes back.
      await balancer.setWeight(replica, 0);
      return done(databases.site.rebuild(replica, from, databases.processes, signal));
    },
  };
  // Begun before anybody can call: a call that comes meanwhile waits for it.
  const adoption = option === '--idle' ? undefined : controlPlane.adopt();
  const server = await serveCalls(paths.controlSocket(layout), handlers, (error, call) =>
    log.error({ err: error, call }, 'a call has failed for a reason that nobody foresaw'),
  );
  process.on('SIGTERM', () => void end('SIGTERM'));
  log.info({ pid: process.pid }, 'listening');
  await adoption;
  endWhenIdle(controlPlane, () => end('there is nothing to look after'));
}

/** A disk that is full must not end the one who would say so. */
function writeLine(line: string): void {
  try {
    writeSync(1, line);
  } catch {
    // The line is lost.
  }
}

/** One that was started for a site that is down would be ended by nobody. */
function endWhenIdle(controlPlane: ControlPlane, end: () => Promise<void>): void {
  let looks = 0;
  setInterval(() => {
    looks = controlPlane.isIdle ? looks + 1 : 0;
    if (looks >= idleLooks) void end();
  }, idleLookMs);
}

/** Whoever has started it calls it within a fraction of this. */
const idleLookMs = 1_000;
const idleLooks = 10;

async function done(work: Promise<unknown>): Promise<Record<string, never>> {
  await work;
  return {};
}

const [configFile, option] = process.argv.slice(2);
if (configFile === undefined) throw new Error('usage: main.js DEFINITION [--idle | --again]');
await main(configFile, option);
