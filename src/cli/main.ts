#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { Command, CommanderError, type OptionValues } from 'commander';
import { UnderstudyError } from '../output/errors.js';
import { type CommandContext, configFileOf, toCommand } from './command.js';
import { Terminal } from './terminal.js';
import { verbs } from './verbs.js';

const exitStatus = { failed: 1, usage: 2, refused: 3 } as const;

/** Runs the program and returns its exit status: 0 done, 1 failed, 2 wrong usage or definition, 3 refused. */
async function main(argv: readonly string[]): Promise<number> {
  let status = 0;
  let terminal = new Terminal({ json: argv.includes('--json'), quiet: false, verbose: false });
  const signal = firstInterrupt(() => terminal);
  const contextFor = (options: OptionValues): Omit<CommandContext, 'target'> => {
    terminal = new Terminal({ json: !!options.json, quiet: !!options.quiet, verbose: !!options.verbose });
    return { terminal, configFile: configFileOf(options), signal };
  };
  const program = new Command('understudy')
    .description(
      'A highly available dev and prod environment for a PHP site, and one command that promotes dev to prod: ' +
        'previewed, consistent, without downtime, checked, reversible.',
    )
    .version('0.1.0', '-V, --version', 'the version of understudy')
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nExamples:\n  understudy init            write a definition\n  understudy up              start the platform\n  understudy promote         bring dev to prod\n\nExit status: 0 done, 1 failed, 2 wrong usage or definition, 3 refused.',
    );
  for (const verb of verbs) {
    program.addCommand(
      toCommand(verb, contextFor, (ended) => {
        status = ended;
      }).exitOverride(),
    );
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitStatus.usage;
    terminal.error(error);
    if (terminal.options.json && error instanceof UnderstudyError) {
      const { code, message, remedy, kind } = error;
      terminal.result({ error: { code, message, remedy, kind } }, () => '');
    }
    return error instanceof UnderstudyError ? exitStatus[error.kind] : exitStatus.failed;
  }
}

/** The first Ctrl-C asks for a clean stop; the second one does not wait for it. */
function firstInterrupt(terminal: () => Terminal): AbortSignal {
  const interrupted = new AbortController();
  // Everything that runs at the same time listens to it; a dozen programs are asked for their versions at once.
  setMaxListeners(0, interrupted.signal);
  const onSignal = (name: NodeJS.Signals) => {
    if (interrupted.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    terminal().say('Stopping cleanly; once more to stop at once.');
    interrupted.abort(
      new UnderstudyError({
        code: 'interrupted',
        message: 'Interrupted.',
        remedy: 'Run the command again: it goes on from what is there.',
      }),
    );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return interrupted.signal;
}

// What root makes here must be open to the accounts of servers; what is secret has its own mode.
if (process.getuid?.() === 0) process.umask(0o022);
process.exitCode = await main(process.argv.slice(2));
