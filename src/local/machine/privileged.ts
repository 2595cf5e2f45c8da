import { refusal } from '../../output/errors.js';
import { type RunOptions, type RunResult, run } from '../../process/run.js';
import { find, searchFolders } from './find-programs.js';

/** Runs a program with the rights of root, as `run` does. */
export type Privileged = (
  program: string,
  args: readonly string[],
  options?: Pick<RunOptions, 'env' | 'deadlineMs' | 'accept' | 'signal'>,
) => Promise<RunResult>;

/** Packages' scripts look for ldconfig and the like, which are not in the PATH of everybody. */
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Root itself, or sudo where it asks for nothing. It could not ask: programs are started away from the terminal,
 * so that Ctrl-C does not reach the package manager in the middle of its work.
 * @throws code `root-needed` (refused) with the command that does it
 */
export async function gainPrivileges(
  isRoot = process.getuid?.() === 0,
  command: readonly string[] = [process.execPath, ...process.argv.slice(1)],
): Promise<Privileged> {
  if (isRoot)
    return (program, args, options) => run(program, args, { ...options, env: { PATH: path, ...options?.env } });
  const sudo = find('sudo', searchFolders());
  const asksNothing =
    sudo !== undefined && (await run(sudo, ['-n', 'true'], { accept: [0, 1], deadlineMs: 10_000 })).exitCode === 0;
  if (!asksNothing) {
    throw refusal({
      code: 'root-needed',
      message: sudo
        ? 'Installing packages needs root, and sudo asks for a password.'
        : 'Installing packages needs root.',
      remedy: `Run \`${sudo ? 'sudo ' : ''}${command.join(' ')}\`${sudo ? '' : ' as root'}; everything else needs no root.`,
    });
  }
  // The signal is left out: what runs as root cannot be signalled from here.
  return (program, args, options = {}) => {
    const { env = {}, signal, ...rest } = options;
    signal?.throwIfAborted();
    const assignments = Object.entries({ PATH: path, ...env }).map(([name, value]) => `${name}=${value}`);
    return run(sudo, ['-n', '--', '/usr/bin/env', ...assignments, program, ...args], rest);
  };
}
