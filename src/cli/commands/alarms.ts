import type { Verb } from '../command.js';
import { readStatus } from '../read-status.js';

export const alarms: Verb = {
  name: 'alarms',
  summary: 'what is wrong now, what it means to visitors, and what to do',
  examples: [
    ['alarms', 'those that are raised'],
    ['alarms --all', 'every alarm that there is, with the threshold of this site'],
    ['alarms --json', 'for programs'],
  ],
  declare: (command) => command.option('-a, --all', 'also those that are quiet'),
  async run({ terminal, configFile }, options) {
    const { layoutFor } = await import('../../local/layout.js');
    const { readSite } = await import('../../local/site/applied-site.js');
    const { alarmsReport } = await import('../text/alarms-report.js');
    const { alarmsText } = await import('../text/alarms-text.js');
    const [status, site] = await Promise.all([readStatus(configFile), readSite(layoutFor(configFile))]);
    const report = alarmsReport(status, site, options.all === true);
    terminal.result(report, () => alarmsText(report));
    return 0;
  },
};
