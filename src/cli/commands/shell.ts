import type { Verb } from '../command.js';
import { environmentArgument } from '../environment-argument.js';
import { operationsOf } from '../target/operations.js';

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
  onAws: 'same',
  async run(context, _, [named, ...command]) {
    const environment = environmentArgument(named);
    return (await operationsOf(context)).shell(environment, command);
  },
};
