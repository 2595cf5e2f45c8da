import { existsSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { waitUntil } from '../process/wait.js';
import { lockHolder } from '../state/lock.js';
import { type Layout, paths } from './layout.js';
import { releaseNetwork } from './network/claim.js';
import { smallDisks } from './small-disks.js';

/** Whether there is anything of the site on this machine. */
export const hasState = ({ stateDir }: Layout): boolean => existsSync(stateDir);

/** Waits until the control plane has ended, after it was asked to stop everything. */
export async function controlPlaneEnded(layout: Layout): Promise<void> {
  await waitUntil(async () => (await lockHolder(paths.controlLock(layout))) === undefined, {
    what: 'the control plane to end',
    // Another one may have been started at the same moment, and be waiting to be called.
    deadlineMs: 30_000,
    everyMs: 20,
  });
}

/** Removes all that a site has on this machine, also what a removal that was cut off has left. Its servers must have been stopped. */
export async function destroySite(layout: Layout): Promise<void> {
  // A drill that was cut off may have left one mounted.
  const disks = smallDisks(layout);
  for (const server of await disks.given()) await disks.take(server);
  await rm(layout.runtimeDir, { recursive: true, force: true });
  // Other sites of this account may have theirs beside it.
  await rmdir(dirname(layout.runtimeDir)).catch(() => undefined);
  await rm(layout.stateDir, { recursive: true, force: true });
  await releaseNetwork(layout);
}
