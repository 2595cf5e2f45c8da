import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { waitUntil } from '../process/wait.js';
import { lockHolder } from '../state/lock.js';
import { type Layout, paths } from './layout.js';
import { releaseNetwork } from './network/claim.js';

/** Whether there is anything of the site on this machine. */
export const hasState = ({ stateDir }: Layout): boolean => existsSync(stateDir);

/** Removes all that a site has on this machine. Its servers must have been stopped. */
export async function destroySite(layout: Layout): Promise<void> {
  await waitUntil(async () => (await lockHolder(paths.controlLock(layout))) === undefined, {
    what: 'the control plane to end',
    deadlineMs: 10_000,
  });
  await rm(layout.runtimeDir, { recursive: true, force: true });
  await rm(layout.stateDir, { recursive: true, force: true });
  await releaseNetwork(layout);
}
