import { imageAccounts } from '../../aws/naming.js';
import { run } from '../../process/run.js';

export interface CommandOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long one command may take. */
const commandMs = 60 * 60_000;

/** Runs one command in dev's document root, as the account that its PHP runs as. No exit status is an error. */
export async function runInDev(
  devFiles: string,
  [program = '', ...args]: readonly string[],
  signal: AbortSignal,
): Promise<CommandOutput> {
  const { name, id } = imageAccounts.dev;
  return run(program, args, {
    cwd: devFiles,
    ...(process.getuid?.() === 0 ? { as: { name, uid: id, gid: id } } : {}),
    // Not the environment of this program, in which addresses of services may stand.
    cleanEnv: true,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: devFiles, USER: name },
    accept: Array.from({ length: 256 }, (_, status) => status),
    deadlineMs: commandMs,
    signal,
  });
}
