import { refusal, usageError } from '../../output/errors.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';
import type { RestoreLoss, RestoreSource } from '../restore-dev.js';
import { contentLines } from '../text/content-text.js';
import { refuseWithoutTerminal } from './promote.js';

export const dev: Verb = {
  name: 'dev',
  summary: "bring dev's database back to what prod holds, or to what was there before that",
  examples: [
    ['dev restore --from edition', 'to the edition that prod serves; what dev has now is kept beside it'],
    ['dev restore --from backup', 'to what the last restore has replaced'],
  ],
  declare: (command) =>
    command
      .argument('[restore]', 'what to do')
      .option('--from <source>', 'edition or backup')
      .option('-y, --yes', 'do not ask'),
  onAws: { instead: 'Restore a snapshot of RDS, or import a dump in a shell: `understudy shell dev --target aws`.' },
  async run(context, options, [action]) {
    const { from } = options;
    if (action !== 'restore' || (from !== 'edition' && from !== 'backup')) {
      throw usageError({
        code: 'unknown-action',
        message: action === 'restore' ? 'Restore it from what?' : `There is no "dev ${action ?? ''}".`,
        remedy: 'Usage: understudy dev restore --from edition|backup',
      });
    }
    if (!options.yes) refuseWithoutTerminal(context);
    const { restoreDev } = await import('../restore-dev.js');
    const restored = await restoreDev(context, from, (source, lost) =>
      agree(context, options.yes === true, source, lost),
    );
    if (!restored) throw refusal({ code: 'declined', message: 'Nothing was changed.' });
    context.terminal.result(restored, () =>
      [
        `Dev's database is what ${nameOf(restored.source)} holds. What was there is kept as ${restored.kept};`,
        '`understudy dev restore --from backup` brings it back.',
      ].join('\n'),
    );
    return 0;
  },
};

async function agree(
  context: CommandContext,
  yes: boolean,
  source: RestoreSource,
  lost: RestoreLoss,
): Promise<boolean> {
  context.terminal.say([`What ${nameOf(source)} would change in dev's database:`, ...linesOf(lost)].join('\n'));
  return yes || confirm('Restore it? Files and uploads stay as they are.', context.signal);
}

const nameOf = (source: RestoreSource) =>
  source.from === 'edition' ? `edition ${source.edition}` : `the backup ${source.kept}`;

function linesOf({ words, tables }: RestoreLoss): readonly string[] {
  if (tables.length === 0) return ['    nothing: it holds the same'];
  if (words) return contentLines(words, false);
  return tables.map(({ name, rowsNow, rowsThen }) => `    ${name}: ${rowsNow} rows now, ${rowsThen} then`);
}
