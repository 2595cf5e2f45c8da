import { resolve } from 'node:path';
import { Command, type OptionValues } from 'commander';
import type { Terminal } from './terminal.js';

/** What every command is given beside its own arguments. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** The definition's file, absolute. It need not exist. */
  readonly configFile: string;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/**
 * One verb. `run` imports what is heavy only when it is called: `status` must answer at once.
 * @returns the exit status; nothing is 0
 */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** Shown below the options: a command, and what it is for. */
  readonly examples: readonly (readonly [command: string, purpose: string])[];
  /** Adds arguments and options. */
  readonly declare?: (command: Command) => void;
  readonly run: (
    context: CommandContext,
    options: OptionValues,
    args: readonly string[],
  ) => Promise<number | undefined>;
}

export const defaultConfigFile = 'understudy.config.ts';

/** Makes commander's command of a verb. Options of the program may stand before and after the verb. */
export function toCommand(
  verb: Verb,
  contextFor: (options: OptionValues) => CommandContext,
  ended: (status: number) => void,
) {
  const command = new Command(verb.name).summary(verb.summary).description(verb.summary);
  verb.declare?.(command);
  addGlobalOptions(command);
  const width = Math.max(...verb.examples.map(([text]) => text.length));
  const lines = verb.examples.map(([text, purpose]) => `  understudy ${text.padEnd(width)}  ${purpose}`);
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  command.action(async () => {
    const options = command.opts();
    ended((await verb.run(contextFor(options), options, command.args)) ?? 0);
  });
  return command;
}

function addGlobalOptions(command: Command): void {
  command
    .option('-c, --config <path>', `the site definition (default: ${defaultConfigFile} in this folder)`)
    .option('--json', 'one JSON document on standard output')
    .option('-q, --quiet', 'no progress')
    .option('-v, --verbose', 'more detail, and stack traces');
}

export const configFileOf = (options: OptionValues): string =>
  resolve(typeof options.config === 'string' ? options.config : defaultConfigFile);
