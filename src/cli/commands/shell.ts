import { usageError } from '../../output/errors.js';
import type { Verb } from '../command.js';

export const shell: Verb = {
  name: 'shell',
  summary: "a shell, or one command, in an environment's document root",
  examples: [
    ['shell dev', "a shell as dev's account"],
    ['shell prod', "in what the first of prod's instances serves; its files cannot be changed"],
    ['shell dev -- php -v', 'one command; its exit status is passed on'],
  ],
  declare: (command) =>
    command.argument('<environment>', 'dev or prod').argument('[command...]', 'what to run, after --'),
  async run({ configFile }, _, [environment, ...command]) {
    if (environment !== 'dev' && environment !== 'prod') {
      throw usageError({
        code: 'unknown-environment',
        message: `There is no environment ${JSON.stringify(environment)}.`,
        remedy: 'Say dev or prod.',
      });
    }
    const { layoutFor } = await import('../../local/layout.js');
    const { openShell } = await import('../../local/shell.js');
    return openShell(layoutFor(configFile), environment, command);
  },
};
