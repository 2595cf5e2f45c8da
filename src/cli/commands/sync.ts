import { refusal, usageError } from '../../output/errors.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';
import { operationsOf } from '../target/operations.js';
import { resultText } from '../text/promotion-text.js';
import { syncText } from '../text/sync-text.js';
import { exitStatusOf, refuseWithoutTerminal } from './promote.js';

export const sync: Verb = {
  name: 'sync',
  summary: 'let prod follow dev for a while, and freeze it again',
  examples: [
    ['sync start', "publish dev's code and let prod show every change of dev's content at once"],
    ['sync stop', 'freeze prod where it is, as a new edition'],
    ['sync status', 'which of the two it is, since when, and how far the replicas are'],
  ],
  declare: (command) =>
    command.argument('[action]', 'start, stop or status').option('-y, --yes', 'do not ask before it starts'),
  onAws: 'same',
  async run(context, options, [action]) {
    switch (action) {
      case 'start':
        if (!options.yes) await agree(context);
        return carryOut(context, 'sync-start');
      case 'stop':
        return carryOut(context, 'sync-stop');
      case 'status':
        return tell(context);
    }
    throw usageError({
      code: 'unknown-action',
      message: action === undefined ? 'Sync what: start or stop?' : `There is no "sync ${action}".`,
      remedy: 'Usage: understudy sync start | stop | status',
    });
  },
};

async function agree(context: CommandContext): Promise<void> {
  refuseWithoutTerminal(context);
  const question = "Let visitors of prod see every change of dev's content at once, unchecked, until `sync stop`?";
  if (await confirm(question, context.signal)) return;
  throw refusal({ code: 'declined', message: 'Nothing was changed.' });
}

async function carryOut(context: CommandContext, kind: 'sync-start' | 'sync-stop'): Promise<number> {
  const result = await (await operationsOf(context)).promotions.start({ kind, bakeSeconds: 0, force: false });
  context.terminal.result(result, () => resultText(result));
  return exitStatusOf(result);
}

async function tell(context: CommandContext): Promise<number> {
  const { edition, replicas } = (await (await operationsOf(context)).status()).environments.prod;
  const since = edition?.followingSince ?? null;
  const report = { state: since === null ? 'frozen' : 'following', since, edition, replicas } as const;
  context.terminal.result(report, () => syncText(report, new Date()));
  return 0;
}
