import type { Verb } from '../command.js';
import { operationsOf } from '../target/operations.js';

export const alarms: Verb = {
  name: 'alarms',
  summary: 'what is wrong now, what it means to visitors, and what to do',
  examples: [
    ['alarms', 'those that are raised'],
    ['alarms --all', 'every alarm that there is, with the threshold of this site'],
    ['alarms --json', 'for programs'],
  ],
  declare: (command) => command.option('-a, --all', 'also those that are quiet'),
  onAws: 'same',
  async run(context, options) {
    const { terminal } = context;
    const { alarmsReport } = await import('../text/alarms-report.js');
    const { alarmsText } = await import('../text/alarms-text.js');
    const operations = await operationsOf(context);
    const [status, site] = await Promise.all([operations.status(), operations.site()]);
    const report = alarmsReport(status, site, options.all === true);
    terminal.result(report, () => alarmsText(report));
    return 0;
  },
};
