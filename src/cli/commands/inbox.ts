import type { Mail } from '../../local/monitoring/mailbox.js';
import type { Verb } from '../command.js';
import { colors } from '../text/colors.js';
import { wholeNumber } from './promote.js';

export const inbox: Verb = {
  name: 'inbox',
  summary: 'mail that the built-in sink has taken: alarms, notices, and what dev has sent',
  examples: [
    ['inbox', 'the last ten, in full'],
    ['inbox --last 1', 'the newest'],
    ['inbox --json', 'every mail that is kept, for programs'],
  ],
  declare: (command) => command.option('-n, --last <count>', 'how many, the newest at the end', wholeNumber),
  onAws: { instead: 'Mail goes out there: alarms and notices come from the SNS topic.' },
  async run({ terminal, configFile }, options) {
    const { layoutFor, paths } = await import('../../local/layout.js');
    const { readMailbox } = await import('../../local/monitoring/mailbox.js');
    const all = await readMailbox(paths.mail(layoutFor(configFile)));
    const last = options.last ?? (terminal.options.json ? all.length : 10);
    const shown = last > 0 ? all.slice(-last) : [];
    terminal.result(shown, () => inboxText(shown, all.length));
    return 0;
  },
};

function inboxText(mails: readonly Mail[], all: number): string {
  if (all === 0) return 'No mail.';
  const earlier = all - mails.length;
  return [
    ...(earlier > 0 ? [colors.dim(`${earlier} earlier ones: \`understudy inbox --last ${all}\``), ''] : []),
    ...mails.flatMap(({ at, to, subject, text }) => [
      colors.bold(subject),
      colors.dim(`${at}  to ${to}`),
      '',
      text,
      '',
    ]),
  ].join('\n');
}
