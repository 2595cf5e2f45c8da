import type { Verb } from '../command.js';
import { gateReport } from '../gate-report.js';
import { operationsOf } from '../target/operations.js';
import { gateText } from '../text/gate-text.js';

export const gate: Verb = {
  name: 'gate',
  summary: "whether the replicas apply dev's changes, what is meant, and for how long they have stood still",
  examples: [
    ['gate', 'each replica, and what to do'],
    ['gate --target aws', "before RDS's 30 days are over"],
    ['gate --json', 'for programs'],
  ],
  onAws: 'same',
  async run(context) {
    const operations = await operationsOf(context);
    const [status, meant] = await Promise.all([operations.status(), operations.meantGates()]);
    const report = gateReport(status, meant, Date.now());
    context.terminal.result(report, () => gateText(report));
    return 0;
  },
};
