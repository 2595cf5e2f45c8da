import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasErrno, UnderstudyError } from '../output/errors.js';
import { groupOf, identify, isAlive, type ProcessRef } from './identity.js';
import { type Account, signalGroup, signalProcess } from './run.js';
import { waitUntil } from './wait.js';

export interface DaemonSpec {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited, so that a server does not depend on who started it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard output and error go to the end of this file, never to a pipe: a pipe dies with its reader. */
  readonly logFile: string;
  /** Takes standard output alone, where that is data in lines and not talk; each start adds an empty one. Default: the log. */
  readonly outputFile?: string;
  readonly as?: Account | undefined;
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts a program that outlives this process, as the leader of a new session and process group.
 * @returns its identity, to be written down before anything else is done
 * @throws code `program-missing`, or `program-failed` if it is gone at once
 */
export async function startDaemon(spec: DaemonSpec): Promise<ProcessRef> {
  const { logFile, outputFile = logFile } = spec;
  for (const file of [logFile, outputFile]) mkdirSync(dirname(file), { recursive: true });
  const log = openSync(logFile, 'a', 0o640);
  const output = openSync(outputFile, 'a', 0o640);
  try {
    // A program that sets flags on what it inherits takes "append" away (HAProxy does, where it logs requests), and goes
    // on where the descriptor stands: at the beginning, over what is there, until something is written through it. It
    // also ends the line that a program before it was killed in.
    if (outputFile !== logFile) writeSync(output, '\n');
    const child = spawn(spec.program, spec.args, {
      env: { PATH: defaultPath, LANG: 'C.UTF-8', ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...(spec.as === undefined ? {} : { uid: spec.as.uid, gid: spec.as.gid }),
      stdio: ['ignore', output, log],
      detached: true,
    });
    const failure = new Promise<Error>((resolve) => child.once('error', resolve));
    child.unref();
    const ref = child.pid === undefined ? undefined : identify(child.pid);
    if (ref) return ref;
    throw startError(spec, child.pid === undefined ? await failure : undefined);
  } finally {
    closeSync(log);
    closeSync(output);
  }
}

function startError(spec: DaemonSpec, cause: Error | undefined): UnderstudyError {
  return hasErrno(cause, 'ENOENT')
    ? new UnderstudyError({
        code: 'program-missing',
        message: `The program ${spec.program} is not on this machine.`,
        remedy: 'Run `understudy doctor --install`, which installs what is missing.',
        cause,
      })
    : new UnderstudyError({
        code: 'program-failed',
        message: `${spec.program} could not be started: ${cause?.message ?? 'it was gone at once'}.`,
        remedy: `Read ${spec.logFile}.`,
        cause,
      });
}

export interface StopOptions {
  /** The polite request. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long it is given before SIGKILL to the whole group. Default 5 s. */
  readonly graceMs?: number;
}

/**
 * Stops a daemon and everything in its group. Returns when all of it is seen dead.
 * @throws code `deadline` if the kernel does not end it within 10 s of SIGKILL (a process stuck on a dead disk)
 */
export async function stopDaemon(
  ref: ProcessRef,
  { stopSignal = 'SIGTERM', graceMs = 5_000 }: StopOptions = {},
): Promise<void> {
  if (isAlive(ref)) {
    signalProcess(ref.pid, stopSignal);
    // A stopped process does not act on SIGTERM until it is continued.
    signalGroup(ref.pid, 'SIGCONT');
    await waitUntil(() => !isAlive(ref), { what: `process ${ref.pid} to end`, deadlineMs: graceMs, everyMs: 20 }).catch(
      // It has had its time.
      () => undefined,
    );
  }
  await killDaemon(ref);
}

/**
 * Ends a process group at once and waits until all of it is seen dead: the fence before a role moves.
 * Also what a leader that is dead already has left behind, which would hold on to its files and ports.
 * @throws code `deadline` after 10 s
 */
export async function killDaemon(ref: ProcessRef): Promise<void> {
  if (groupOf(ref).length === 0) return;
  signalGroup(ref.pid, 'SIGKILL');
  await waitUntil(() => groupOf(ref).length === 0, {
    what: `process ${ref.pid} and its children to end after SIGKILL`,
    deadlineMs: 10_000,
    everyMs: 10,
  });
}
