import { refusal } from '../../output/errors.js';
import { isAlive } from '../../process/identity.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';
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
  async run(context, options) {
    const { runningPromotion, startPromotion } = await import('../start-promotion.js');
    const running = await runningPromotion(context.configFile);
    if (running) {
      await takeBackRunning(context, running.process, options.yes === true);
      return 0;
    }
    if (!options.yes) {
      refuseWithoutTerminal(context);
      const what = options.to === undefined ? 'the release before' : `release ${options.to}`;
      if (!(await confirm(`Go back to the code of ${what}? Content stays as it is.`, context.signal))) {
        throw refusal({ code: 'declined', message: 'Nothing was changed.' });
      }
    }
    const result = await startPromotion(context, {
      kind: 'rollback',
      bakeSeconds: typeof options.bake === 'number' ? options.bake : 0,
      force: options.force === true,
      ...(typeof options.to === 'number' ? { toRelease: options.to } : {}),
    });
    context.terminal.result(result, () => resultText(result));
    return exitStatusOf(result);
  },
};

/** How long a promotion may take to be taken back; it may have to clone a replica. */
const takeBackMs = 10 * 60_000;

/** The promotion's own process takes it back, and its own terminal, if there is one, shows how. */
async function takeBackRunning(
  { terminal, configFile, signal }: CommandContext,
  runner: Parameters<typeof isAlive>[0],
  yes: boolean,
): Promise<void> {
  if (!yes) {
    refuseWithoutTerminal({ terminal, configFile, signal });
    if (!(await confirm('A promotion is running. Take it back?', signal))) {
      throw refusal({ code: 'declined', message: 'It goes on.' });
    }
  }
  const { waitUntil } = await import('../../process/wait.js');
  const { layoutFor } = await import('../../local/layout.js');
  const { localReleaseArchive } = await import('../../local/files/local-release-archive.js');
  process.kill(runner.pid, 'SIGINT');
  terminal.say('The promotion is taking itself back.');
  await waitUntil(() => !isAlive(runner), { what: 'the promotion to be taken back', deadlineMs: takeBackMs, signal });
  const edition = (await localReleaseArchive(layoutFor(configFile).stateDir).currentEdition()) ?? null;
  terminal.result({ outcome: 'rolled-back', edition }, () =>
    edition ? `Prod serves edition ${edition.id} (release ${edition.release}).` : 'Prod serves nothing yet.',
  );
}
