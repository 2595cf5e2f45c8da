import type { OptionValues } from 'commander';
import { refusal } from '../../output/errors.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';
import { operationsOf } from '../target/operations.js';
import { resultText } from '../text/promotion-text.js';
import { exitStatusOf, refuseWithoutTerminal, wholeNumber } from './promote.js';

export const rollback: Verb = {
  name: 'rollback',
  summary: 'go back to what prod served before',
  examples: [
    ['rollback', 'in the bake: code and content at once; afterwards: the code of the release before'],
    ['rollback --to 7', 'the code of release 7'],
  ],
  declare: (command) =>
    command
      .option('--to <release>', 'the release whose code to go back to', wholeNumber)
      .option('--bake <seconds>', 'how long to watch before it is final (default: 0)', wholeNumber)
      .option('--force', 'even if the database has changed its shape since')
      .option('-y, --yes', 'do not ask'),
  onAws: 'same',
  async run(context, options) {
    const { promotions } = await operationsOf(context);
    const running = await promotions.running();
    await agree(context, options, running !== undefined);
    const result = running
      ? await promotions.takeBack(running)
      : await promotions.start({
          kind: 'rollback',
          bakeSeconds: typeof options.bake === 'number' ? options.bake : 0,
          force: options.force === true,
          ...(typeof options.to === 'number' ? { toRelease: options.to } : {}),
        });
    context.terminal.result(result, () => resultText(result));
    if (!running) return exitStatusOf(result);
    return result.outcome === 'rolled-back' ? 0 : 1;
  },
};

async function agree(context: CommandContext, options: OptionValues, isRunning: boolean): Promise<void> {
  if (isRunning && options.to !== undefined) {
    throw refusal({
      code: 'promotion-running',
      message: 'A promotion is running, and it goes back to where it began.',
      remedy: 'Leave out --to to take it back, or wait for its end.',
    });
  }
  if (options.yes) return;
  refuseWithoutTerminal(context);
  const what = options.to === undefined ? 'the release before' : `release ${options.to}`;
  const question = isRunning
    ? 'A promotion is running. Take it back?'
    : `Go back to the code of ${what}? Content stays as it is.`;
  if (await confirm(question, context.signal)) return;
  throw refusal({ code: 'declined', message: isRunning ? 'It goes on.' : 'Nothing was changed.' });
}
