import { hasCode } from '../../output/errors.js';
import { startDaemon, stopDaemon } from '../../process/daemon.js';
import type { ProcessRef } from '../../process/identity.js';
import { waitUntil } from '../../process/wait.js';
import { lockHolder } from '../../state/lock.js';
import { makeSiteFolders } from '../folders.js';
import { type Layout, paths } from '../layout.js';
import { ServiceRecords } from '../service-record.js';
import { build, mainFile } from './build.js';
import { ControlPlaneClient } from './client.js';
import { guardName } from './guard-service.js';
import { serverEnvironment } from './server-environment.js';

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
  const started = await startControlPlane(layout, idle ? '--idle' : undefined);
  await waitUntil(async () => (await buildOf(client)) !== undefined, {
    what: 'the control plane to listen',
    deadlineMs: startMs,
    signal,
    remedy: `Read ${logOf(layout)}.`,
  });
  // The guard's was faster. Ours waits for the lock, and would take over when that one ends, as `down` has it do.
  const holder = await lockHolder(paths.controlLock(layout));
  if (holder && holder.process.pid !== started.pid) await stopDaemon(started);
  return client;
}

const logOf = (layout: Layout) => paths.log(layout, 'control-plane');

/** Does not wait for it. It ends by itself if there is another one. */
export function startControlPlane(layout: Layout, option?: '--idle' | '--again'): Promise<ProcessRef> {
  return startDaemon({
    program: process.execPath,
    args: [mainFile, layout.configFile, ...(option === undefined ? [] : [option])],
    cwd: '/',
    logFile: logOf(layout),
    env: serverEnvironment(),
  });
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

/** It leaves everything running but its guard, which would start one of its own build in its place. */
async function endControlPlane(layout: Layout): Promise<void> {
  const records = new ServiceRecords(paths.processes(layout));
  await records.stop(guardName);
  const holder = await lockHolder(paths.controlLock(layout));
  if (holder) await stopDaemon(holder.process);
  // It may have seen its guard die, and have started another one just before it ended itself.
  await records.stop(guardName);
}
