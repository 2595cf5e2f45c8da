import { refusal, usageError } from '../../output/errors.js';
import type { Verb } from '../command.js';
import { confirm } from '../confirm.js';
import { operationsOf } from '../target/operations.js';
import { refuseWithoutTerminal } from './promote.js';

export const replica: Verb = {
  name: 'replica',
  summary: 'make a replica good again, while the other one goes on serving',
  examples: [
    ['replica rebuild replica-2', 'copies replica-1'],
    ['replica rebuild replica-2 --target aws', 'copies dev: in use with the next promotion'],
  ],
  declare: (command) =>
    command
      .argument('<rebuild>', 'what to do')
      .argument('<id>', 'replica-1 or replica-2')
      .option('-y, --yes', 'do not ask'),
  onAws: 'same',
  async run(context, options, [action, id]) {
    const { terminal, signal } = context;
    const { replicaServers } = await import('../../local/network/hosts.js');
    if (action !== 'rebuild' || id === undefined || !replicaServers.includes(id)) {
      throw usageError({
        code: 'unknown-action',
        message: `There is no "replica ${action} ${id}".`,
        remedy: 'Say `understudy replica rebuild replica-1` or `… replica-2`.',
      });
    }
    if (!options.yes) {
      refuseWithoutTerminal(context);
      if (!(await confirm(`Replace everything that ${id} holds?`, signal))) {
        throw refusal({ code: 'declined', message: 'Nothing was changed.' });
      }
    }
    const { position, inUse } = await (await operationsOf(context)).rebuild(id);
    const then = inUse ? 'is in use again' : 'gets into use with the next promotion';
    terminal.result(
      { replica: id, position, inUse },
      () => `${id} stands at ${position || 'the beginning'} and ${then}.`,
    );
    return 0;
  },
};
