import { hasCode } from '../../output/errors.js';
import { startDaemon, stopDaemon } from '../../process/daemon.js';
import { waitUntil } from '../../process/wait.js';
import { lockHolder } from '../../state/lock.js';
import { makeSiteFolders } from '../folders.js';
import { type Layout, paths } from '../layout.js';
import { build, mainFile } from './build.js';
import { ControlPlaneClient } from './client.js';

/** How long a control plane may take until it listens. */
const startMs = 30_000;

export interface EnsureOptions {
  /** One that is started now brings nothing up on its own: it is to stop what runs. */
  readonly idle?: boolean;
  /** One that an earlier build of this program has started is replaced. What it supervises runs on meanwhile. */
  readonly current?: boolean;
}

/** A client of the site's control plane, which is started if there is none. */
export async function ensureControlPlane(
  layout: Layout,
  signal?: AbortSignal,
  { idle = false, current = false }: EnsureOptions = {},
): Promise<ControlPlaneClient> {
  const client = new ControlPlaneClient(paths.controlSocket(layout));
  const found = await buildOf(client);
  if (found !== undefined && (!current || found === build)) return client;
  if (found !== undefined) await endControlPlane(layout);
  await makeSiteFolders(layout);
  const logFile = paths.log(layout, 'control-plane');
  await startDaemon({
    program: process.execPath,
    args: [mainFile, layout.configFile, ...(idle ? ['--idle'] : [])],
    cwd: '/',
    logFile,
    env: serverEnvironment(),
  });
  await waitUntil(async () => (await buildOf(client)) !== undefined, {
    what: 'the control plane to listen',
    deadlineMs: startMs,
    signal,
    remedy: `Read ${logFile}.`,
  });
  return client;
}

/** What our own detached processes need of the environment: where a user's state lies, and many file operations at once. */
export function serverEnvironment(env = process.env): Record<string, string> {
  const kept = ['HOME', 'XDG_RUNTIME_DIR', 'XDG_STATE_HOME', 'TMPDIR', 'PATH'];
  const inherited = kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  // Node's default of 4 threads makes a walk over a slow file system 2.5 times slower.
  return { ...Object.fromEntries(inherited), UV_THREADPOOL_SIZE: '64' };
}

/** Which build the control plane is of that listens; undefined if none does. */
async function buildOf(client: ControlPlaneClient): Promise<string | undefined> {
  try {
    return (await client.call('ping', {}, { deadlineMs: 5_000 })).build ?? '';
  } catch (error) {
    if (hasCode(error, 'control-plane-down')) return undefined;
    if (hasCode(error, 'deadline')) throw error;
    // It answers: one that an earlier version of this program has started does not know the call.
    return '';
  }
}

/** It leaves everything running. */
async function endControlPlane(layout: Layout): Promise<void> {
  const holder = await lockHolder(paths.controlLock(layout));
  if (holder) await stopDaemon(holder.process);
}
