import { ControlPlaneClient } from '../local/control-plane/client.js';
import { layoutFor, paths } from '../local/layout.js';
import { hasCode } from '../output/errors.js';
import type { PlatformStatus } from '../platform/status.js';

/** Where everything stands: as the control plane says, or, while there is none, as the servers say themselves. */
export async function readStatus(configFile: string): Promise<PlatformStatus> {
  const layout = layoutFor(configFile);
  return new ControlPlaneClient(paths.controlSocket(layout))
    .call('status', {}, { deadlineMs: 10_000 })
    .catch(async (error) => {
      if (!hasCode(error, 'control-plane-down') && !hasCode(error, 'not-up')) throw error;
      const { unsupervisedStatus } = await import('../local/unsupervised-status.js');
      return unsupervisedStatus(layout);
    });
}
