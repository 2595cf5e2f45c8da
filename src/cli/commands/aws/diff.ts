import { plannedChanges } from '../../../aws/deployment/changes.js';
import { reportTask } from '../../../output/messages.js';
import type { CommandContext } from '../../command.js';
import { changesText } from '../../text/aws-text.js';
import { makeTemplates, openAws, openToolkit, withTemplates } from './prepare.js';

/** What a deployment would change, compared with what is there. */
export async function diff(context: CommandContext): Promise<number> {
  const { terminal } = context;
  const { of } = await openAws(context);
  const { toolkit } = await openToolkit(context);
  const changes = await withTemplates(async (directory) => {
    await makeTemplates(context, of, directory, false);
    return reportTask(terminal.report, 'diff', 'Comparing with what is there', () =>
      plannedChanges(toolkit, directory),
    );
  });
  terminal.result(changes, () => changesText(changes));
  return 0;
}
