import { execa } from 'execa';
import { hasErrno, UnderstudyError } from '../output/errors.js';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to, or (with `cleanEnv`) in place of, this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cleanEnv?: boolean;
  /** Written to standard input: the place for what must not stand in argv. */
  readonly input?: string;
  /** Read as standard input, by this process: the program itself need not have the right to. */
  readonly inputFile?: string;
  /** Run as this account; only root can. */
  readonly as?: Account | undefined;
  readonly signal?: AbortSignal | undefined;
  /** From start to end. Past it the group gets SIGTERM, then SIGKILL. Default 60 s. */
  readonly deadlineMs?: number;
  /** Between SIGTERM and SIGKILL. Default 2 s. */
  readonly graceMs?: number;
  /** Exit statuses that are not an error. Default 0 only. */
  readonly accept?: readonly number[];
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * Runs a program to its end, without a shell, in a process group of its own.
 * @throws code `program-missing`, `program-failed` (with the end of what it said), `program-timeout`;
 *   the signal's reason when aborted. In each case no process of the group is left.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { deadlineMs = 60_000, graceMs = 2_000, accept = [0], signal } = options;
  signal?.throwIfAborted();
  const child = execa(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    extendEnv: !options.cleanEnv,
    ...inputOf(options),
    ...(options.as === undefined ? {} : { uid: options.as.uid, gid: options.as.gid }),
    detached: true,
    cleanup: false,
    reject: false,
    maxBuffer: 64 * 1024 * 1024,
  });
  let ending: 'deadline' | 'aborted' | undefined;
  let kill: NodeJS.Timeout | undefined;
  const end = (why: 'deadline' | 'aborted') => {
    ending ??= why;
    signalGroup(child.pid, 'SIGTERM');
    kill ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs);
  };
  const deadline = setTimeout(() => end('deadline'), deadlineMs);
  const onAbort = () => end('aborted');
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const result = await child;
    if (ending === 'aborted') signal?.throwIfAborted();
    if (ending === 'deadline') {
      throw new UnderstudyError({
        code: 'program-timeout',
        message: `${program} did not end within ${deadlineMs / 1000} s and was stopped.`,
      });
    }
    if (result.exitCode === undefined && hasErrno(result.cause, 'ENOENT')) {
      throw new UnderstudyError({
        code: 'program-missing',
        message: `The program ${program} is not on this machine.`,
        remedy: 'Run `understudy doctor --install`, which installs what is missing.',
        cause: result.cause,
      });
    }
    if (result.exitCode === undefined || !accept.includes(result.exitCode)) {
      throw new UnderstudyError({
        code: 'program-failed',
        message: `${program} ended with ${result.exitCode ?? result.signal ?? 'an error'}: ${lastLines(result.stderr || result.stdout || result.shortMessage || '')}`,
        cause: result.cause,
      });
    }
    return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
  } catch (error) {
    // A program that ended may have left children behind, which would hold on to files and ports.
    signalGroup(child.pid, 'SIGKILL');
    throw error;
  } finally {
    clearTimeout(deadline);
    clearTimeout(kill);
    signal?.removeEventListener('abort', onAbort);
  }
}

function inputOf({ input, inputFile }: RunOptions) {
  if (inputFile !== undefined) return { inputFile };
  return input === undefined ? { stdin: 'ignore' as const } : { input };
}

/** Signals a whole process group; one that has already ended is not an error. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid !== undefined) signalProcess(-pid, signal);
}

/** Signals a process; one that has already ended is not an error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error;
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-12).join('\n');
}
