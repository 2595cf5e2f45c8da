import { ControlPlaneClient } from '../../local/control-plane/client.js';
import { layoutFor, paths } from '../../local/layout.js';
import { hasCode } from '../../output/errors.js';
import type { PlatformStatus } from '../../platform/status.js';
import type { Verb } from '../command.js';
import { statusText } from '../text/status-text.js';

export const status: Verb = {
  name: 'status',
  summary: 'where everything stands: instances, databases, edition, replicas',
  examples: [
    ['status', 'for people'],
    ['status --json', 'for programs'],
  ],
  async run({ terminal, configFile }) {
    const layout = layoutFor(configFile);
    const found = await new ControlPlaneClient(paths.controlSocket(layout))
      .call('status', {}, { deadlineMs: 10_000 })
      .catch(async (error): Promise<PlatformStatus> => {
        if (!hasCode(error, 'control-plane-down') && !hasCode(error, 'not-up')) throw error;
        const { unsupervisedStatus } = await import('../../local/unsupervised-status.js');
        return unsupervisedStatus(layout);
      });
    terminal.result(found, () => statusText(found));
    return 0;
  },
};
