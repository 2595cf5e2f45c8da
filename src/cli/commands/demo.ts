import type { PromotionResult } from '../../promotion/result.js';
import type { CommandContext, Verb } from '../command.js';
import type { DemoReport } from '../demo/show.js';
import { prepareMachine } from '../prepare-machine.js';
import { seconds } from '../terminal.js';
import { columns } from '../text/table.js';
import { takeDown } from './down.js';
import { bringUp } from './up.js';

export const demo: Verb = {
  name: 'demo',
  summary: 'the whole thing once: start, install WordPress, promote under load, show what was measured',
  examples: [
    ['demo', 'and leave it running to look around'],
    ['demo --yes --down --json', 'for programs: no questions, nothing left running'],
  ],
  declare: (command) => command.option('-y, --yes', 'do not ask').option('--down', 'stop the platform at the end'),
  async run(context, options) {
    const { terminal, configFile, signal } = context;
    const { layoutFor } = await import('../../local/layout.js');
    await prepareMachine(context, {
      yes: options.yes === true,
      gather: { stateDir: layoutFor(configFile).stateDir, signal },
    });
    const report = await show(context).finally(async () => {
      if (options.down) await takeDown({ ...context, signal: new AbortController().signal }, false);
    });
    terminal.result(report, () => demoText(report, options.down === true));
    return succeeded(report) ? 0 : 1;
  },
};

async function show(context: CommandContext): Promise<DemoReport> {
  const { showPromotion } = await import('../demo/show.js');
  const up = await bringUp(context);
  return showPromotion(context, up);
}

function succeeded({ before, after, visitors, promotions }: DemoReport): boolean {
  return (
    !before.prodShowsEdit &&
    after.prodShowsEdit &&
    visitors.failed === 0 &&
    promotions.every(({ outcome }) => outcome === 'promoted')
  );
}

function demoText(report: DemoReport, stopped: boolean): string {
  const { before, after, visitors, urls, startMs, promotions } = report;
  const last = promotions.at(-1);
  return [
    '',
    `Started in ${seconds(startMs)}.`,
    `Edited a post in dev. Prod showed it before the promotion: ${yesNo(before.prodShowsEdit)}. After: ${yesNo(after.prodShowsEdit)}.`,
    `Meanwhile visitors of prod made ${visitors.requests} requests: ${visitors.failed} failed, longest gap ${visitors.longestGapMs} ms, longest wait ${visitors.longestWaitMs} ms.`,
    ...(last ? ['The promotion, step by step:', stepsText(last)] : []),
    '',
    `  dev   ${urls.dev}`,
    `  prod  ${urls.prod}`,
    stopped
      ? 'Stopped; the data is kept.'
      : 'It goes on running. Look around with `npx understudy status`; stop it with `npx understudy down`.',
  ].join('\n');
}

const yesNo = (fact: boolean) => (fact ? 'yes' : 'no');

function stepsText({ steps }: PromotionResult): string {
  return columns(steps.map(({ id, ms }) => [id, seconds(ms)]));
}
