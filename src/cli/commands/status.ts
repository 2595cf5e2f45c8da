import type { Verb } from '../command.js';
import { operationsOf } from '../target/operations.js';
import { statusText } from '../text/status-text.js';

export const status: Verb = {
  name: 'status',
  summary: 'where everything stands: instances, databases, edition, replicas',
  examples: [
    ['status', 'for people'],
    ['status --json', 'for programs'],
    ['status --target aws', 'of the platform in AWS'],
  ],
  onAws: 'same',
  async run(context) {
    const found = await (await operationsOf(context)).status();
    context.terminal.result(found, () => statusText(found));
    return 0;
  },
};
