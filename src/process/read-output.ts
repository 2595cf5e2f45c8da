import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hasErrno, UnderstudyError } from '../output/errors.js';
import { signalGroup } from './run.js';

/**
 * Starts a program and reads what it prints, as it comes; the reader's pace is the program's. It is ended when the
 * reader stops reading.
 * @param stdin an open file that it reads
 * @throws code `program-missing`, `program-failed` with the end of what it said, when everything is read
 */
export async function* readOutput(
  program: string,
  args: readonly string[],
  { stdin }: { readonly stdin: number },
): AsyncGenerator<Buffer> {
  const child = spawn(program, args, { stdio: [stdin, 'pipe', 'pipe'], detached: true });
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('A program was started without pipes.');
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const failure = new Promise<Error | undefined>((resolve) => child.once('error', resolve));
  const closed = once(child, 'close').then(([status, signal]) => ({ status, signal }));
  closed.catch(() => undefined);
  try {
    for await (const chunk of stdout) yield chunk;
    const cause = child.pid === undefined ? await failure : undefined;
    if (cause) throw notStarted(program, cause);
    const { status, signal } = await closed;
    if (status !== 0) {
      throw new UnderstudyError({
        code: 'program-failed',
        message: `${program} ended with ${status ?? signal}: ${said.trim()}`,
      });
    }
  } finally {
    if (child.exitCode === null && child.signalCode === null) signalGroup(child.pid, 'SIGKILL');
  }
}

const notStarted = (program: string, cause: Error) =>
  new UnderstudyError({
    code: hasErrno(cause, 'ENOENT') ? 'program-missing' : 'program-failed',
    message: `The program ${program} cannot be started: ${cause.message}.`,
    remedy: 'Run `understudy doctor --install`, which installs what is missing.',
    cause,
  });
