import { setTimeout as delay } from 'node:timers/promises';
import { UnderstudyError } from '../../output/errors.js';
import type { Report } from '../../output/messages.js';
import { type RunResult, run } from '../../process/run.js';
import type { Privileged } from './privileged.js';

/** What the package manager would do. */
export interface Transaction {
  /** Packages that are not on this machine yet, the wanted ones and what they need. */
  readonly added: readonly string[];
  /** Packages that would be replaced by a newer version. */
  readonly upgraded: readonly string[];
}

const quiet = {
  LC_ALL: 'C',
  DEBIAN_FRONTEND: 'noninteractive',
  APT_LISTCHANGES_FRONTEND: 'none',
  NEEDRESTART_SUSPEND: '1',
};

/**
 * What installing these packages would do. Asks the lists that are on this machine; needs no root and no network.
 * @param options for apt-get
 * @returns undefined if the lists do not know one of them, or not everything that it needs
 */
export async function simulate(
  packages: readonly string[],
  options: readonly string[] = [],
): Promise<Transaction | undefined> {
  const { stdout, exitCode } = await run(
    'apt-get',
    ['-s', ...options, '--no-install-recommends', 'install', ...packages],
    {
      env: quiet,
      accept: [0, 100],
    },
  );
  return exitCode === 0 ? parseTransaction(stdout) : undefined;
}

/** Reads the lines `Inst NAME [OLD VERSION] (NEW VERSION …)` of a simulation. */
export function parseTransaction(text: string): Transaction {
  const lines = [...text.matchAll(/^Inst (\S+) (\[)?/gm)].map(([, name = '', old]) => ({
    name,
    isNew: old === undefined,
  }));
  return {
    added: lines.filter(({ isNew }) => isNew).map(({ name }) => name),
    upgraded: lines.filter(({ isNew }) => !isNew).map(({ name }) => name),
  };
}

/** The theme that the distribution recommends with its WordPress, whose name changes with the release; undefined if none. */
export async function wordpressTheme(): Promise<string | undefined> {
  const { stdout } = await run('apt-cache', ['depends', 'wordpress'], { env: quiet, accept: [0, 100] });
  return /Recommends: (wordpress-theme-\S+)/.exec(stdout)?.[1];
}

export interface AptOptions {
  readonly privileged: Privileged;
  readonly report: Report;
  /** Ends a wait for the lock; the work itself only where `mayStop` says that it can be left at any moment. */
  readonly signal?: AbortSignal | undefined;
  readonly mayStop?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** How long another one's lock is waited for. Default 2 minutes. */
  readonly lockWaitMs?: number;
  /** Default 1 s. */
  readonly lockRetryMs?: number;
}

/** How long a download or an installation may take: a slow line has time, a server that hangs does not hold us for ever. */
const workDeadlineMs = 20 * 60_000;

/**
 * Runs apt-get, waiting for whoever holds its lock.
 * @throws code `packages-locked`, `no-network`, `packages-stale` (the lists name versions that are gone), `disk-full`,
 *   `packages-broken` (an earlier installation was interrupted), `installation-failed`
 */
export async function aptGet(args: readonly string[], options: AptOptions): Promise<void> {
  const { privileged, report, signal, mayStop = false, env = {}, lockWaitMs = 120_000, lockRetryMs = 1_000 } = options;
  const end = performance.now() + lockWaitMs;
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    const result = await privileged('apt-get', ['-y', '-q', '-o', 'DPkg::Lock::Timeout=0', ...args], {
      env: { ...quiet, ...env },
      accept: [0, 100],
      deadlineMs: workDeadlineMs,
      ...(mayStop && signal ? { signal } : {}),
    });
    const holder = lockHolder(result);
    if (holder === undefined) {
      const failure = failureOf(result);
      if (failure) throw failure;
      return;
    }
    if (performance.now() >= end) {
      throw new UnderstudyError({
        code: 'packages-locked',
        message: `The package manager is still in use: ${holder}.`,
        remedy: 'Wait for it to end and run the command again.',
      });
    }
    if (!told) report({ kind: 'note', level: 'info', text: `Waiting for the package manager: ${holder}.` });
    told = true;
    await delay(lockRetryMs, undefined, signal ? { signal } : {});
  }
}

/** Who holds one of apt's locks, in its words; undefined if that is not what stopped it. */
export function lockHolder({ exitCode, stderr }: RunResult): string | undefined {
  if (exitCode === 0) return undefined;
  const line = /Could not get lock (\S+)\.(?: It is held by (process \d+ \(\S+\)))?/.exec(stderr);
  return line ? (line[2] ?? line[1]) : undefined;
}

/** What a result of apt-get means; undefined if it did what it was told. */
export function failureOf({ exitCode, stdout, stderr }: RunResult): UnderstudyError | undefined {
  const text = `${stdout}\n${stderr}`;
  const unreachable =
    /Temporary failure resolving|Could not resolve|Could not connect|Unable to connect|Network is unreachable/.test(
      text,
    );
  // `update` ends with 0 even if it has reached nobody.
  if (exitCode === 0 && !(unreachable && /^W: (Failed to fetch|Some index files failed)/m.test(text))) return undefined;
  const why = [...text.matchAll(/^[EW]: .*$/gm)].map(([line]) => line.slice(3));
  const failure = (code: string, message: string, remedy: string) => new UnderstudyError({ code, message, remedy });
  if (unreachable) {
    return failure(
      'no-network',
      `The distribution's packages cannot be reached: ${why[0] ?? 'no connection'}.`,
      'Check the network (and the proxy in /etc/apt, if there is one), and run the command again.',
    );
  }
  if (/404 +Not Found/.test(text)) {
    return failure(
      'packages-stale',
      'The lists of packages are out of date.',
      'Run `apt-get update` and the command again.',
    );
  }
  if (/don't have enough free space|No space left on device/.test(text)) {
    return failure(
      'disk-full',
      'There is no room to install packages.',
      'Free some disk space and run the command again.',
    );
  }
  if (/dpkg was interrupted/.test(text)) {
    return failure(
      'packages-broken',
      'An earlier installation of packages was interrupted.',
      'Run `dpkg --configure -a` as root and the command again.',
    );
  }
  return failure(
    'installation-failed',
    `The package manager failed: ${why.slice(0, 5).join(' ') || text.trim().split('\n').slice(-3).join(' ')}`,
    'Correct what it names and run the command again.',
  );
}
