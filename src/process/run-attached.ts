import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { hasErrno, usageError } from '../output/errors.js';
import { type Account, signalGroup } from './run.js';

export interface AttachedOptions {
  readonly cwd: string;
  /** Default: whoever runs this. */
  readonly as?: Account | undefined;
}

/**
 * Runs a program on this process's own terminal and streams; Ctrl-C reaches it.
 *
 * As another account it gets a terminal of its own, or none where this process has none: on the terminal of whoever
 * runs this it could type (TIOCSTI), and what it typed would be read by that account's shell. Of the environment it gets
 * what is about language and terminal.
 * @returns its exit status; 128 and the signal's number if a signal ended it, as shells say it
 * @throws code `program-missing`
 */
export function runAttached(program: string, args: readonly string[], { cwd, as }: AttachedOptions): Promise<number> {
  if (!as) return ended(program, spawn(program, args, { cwd, stdio: 'inherit' }));
  const common: SpawnOptions = { cwd, stdio: 'inherit', env: environmentOf(as) };
  if (process.stdin.isTTY && process.stdout.isTTY) {
    return ended(program, spawn('/usr/sbin/runuser', ['--pty', '--user', as.name, '--', program, ...args], common));
  }
  const child = spawn(program, args, { ...common, uid: as.uid, gid: as.gid, detached: true });
  return passingSignals(child, ended(program, child));
}

function ended(program: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
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

/** A program in a session of its own hears nothing of Ctrl-C. */
async function passingSignals(child: ChildProcess, end: Promise<number>): Promise<number> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const pass = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined) signalGroup(child.pid, signal);
  };
  for (const signal of signals) process.on(signal, pass);
  try {
    return await end;
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}

const passedOn = ['TERM', 'COLORTERM', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'EDITOR', 'PAGER', 'NO_COLOR'];

function environmentOf({ name }: Account): NodeJS.ProcessEnv {
  const known = passedOn.flatMap((variable) => {
    const value = process.env[variable];
    return value === undefined ? [] : [[variable, value]];
  });
  // No home: what is laid into a folder that the account writes would be read by the next shell.
  const own = { USER: name, LOGNAME: name, HOME: '/nonexistent', PATH: '/usr/local/bin:/usr/bin:/bin' };
  return { ...Object.fromEntries(known), ...own };
}
