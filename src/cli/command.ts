import { resolve } from 'node:path';
import { Command, Option, type OptionValues } from 'commander';
import { chooseTarget, type Target, targets } from './target/target.js';
import type { Terminal } from './terminal.js';

/** What every command is given beside its own arguments. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** The definition's file, absolute. It need not exist. */
  readonly configFile: string;
  /** Which platform is meant. `local` for verbs that are about none. */
  readonly target: Target;
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
  /**
   * For verbs about a running platform: `same` if it works on AWS too; else what to do there in its place. Absent for
   * verbs that are about none.
   */
  readonly onAws?: 'same' | { readonly instead: string };
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
  contextFor: (options: OptionValues) => Omit<CommandContext, 'target'>,
  ended: (status: number) => void,
) {
  const command = new Command(verb.name).summary(verb.summary).description(verb.summary);
  verb.declare?.(command);
  addGlobalOptions(command);
  if (verb.onAws) {
    command.addOption(
      new Option('--target <platform>', "local or aws (default: the definition's `target`)").choices(targets),
    );
  }
  const width = Math.max(...verb.examples.map(([text]) => text.length));
  const lines = verb.examples.map(([text, purpose]) => `  understudy ${text.padEnd(width)}  ${purpose}`);
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  command.action(async () => {
    const options = command.opts();
    const context = contextFor(options);
    const target = verb.onAws ? await chooseTarget(verb, context.configFile, options.target) : 'local';
    ended((await verb.run({ ...context, target }, options, command.args)) ?? 0);
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
