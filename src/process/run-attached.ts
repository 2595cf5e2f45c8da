import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { hasErrno, usageError } from '../output/errors.js';
import type { Account } from './run.js';

/**
 * Runs a program on this process's own terminal and streams, in its process group: Ctrl-C reaches it directly.
 * @returns its exit status; 128 and the signal's number if a signal ended it, as shells say it
 * @throws code `program-missing`
 */
export function runAttached(
  program: string,
  args: readonly string[],
  { cwd, as }: { readonly cwd: string; readonly as?: Account | undefined },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      stdio: 'inherit',
      ...(as ? { uid: as.uid, gid: as.gid, env: { ...process.env, HOME: cwd, USER: as.name, LOGNAME: as.name } } : {}),
    });
    child.once('error', (cause) =>
      reject(
        hasErrno(cause, 'ENOENT')
          ? usageError({ code: 'program-missing', message: `There is no program ${JSON.stringify(program)}.`, cause })
          : cause,
      ),
    );
    child.once('exit', (status, signal) => resolve(status ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
