import type { Verb } from '../command.js';
import { readStatus } from '../read-status.js';
import { statusText } from '../text/status-text.js';

export const status: Verb = {
  name: 'status',
  summary: 'where everything stands: instances, databases, edition, replicas',
  examples: [
    ['status', 'for people'],
    ['status --json', 'for programs'],
  ],
  async run({ terminal, configFile }) {
    const found = await readStatus(configFile);
    terminal.result(found, () => statusText(found));
    return 0;
  },
};
