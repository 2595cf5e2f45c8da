import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { killDaemon, startDaemon, stopDaemon } from '../../../src/process/daemon.js';
import { isAlive, type ProcessRef } from '../../../src/process/identity.js';
import { type Account, run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';

/** Servers refuse to run as root, and a test started by root must not leave its files unreadable to them. */
export const account: Account | undefined =
  process.getuid?.() === 0
    ? {
        name: 'nobody',
        uid: Number(execFileSync('id', ['-u', 'nobody'])),
        gid: Number(execFileSync('id', ['-g', 'nobody'])),
      }
    : undefined;

const userName = account?.name ?? execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();

export interface MariaDb {
  readonly host: string;
  readonly dataDir: string;
  sql(statements: string): Promise<string>;
  /** Freezes it: the kernel goes on accepting connections in its name. */
  hang(): void;
  wake(): void;
  isRunning(): boolean;
  /** Ends it cleanly, so that its data can be copied. */
  shutDown(): Promise<void>;
  kill(): Promise<void>;
}

export async function createDataDir(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const tmpdir = await ownTmpDir(dataDir);
  await run('chown', [userName, dataDir]);
  await run(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${dataDir}`,
      `--user=${userName}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { env: { TMPDIR: tmpdir } },
  );
}

/** A server that starts deletes the temporary tables in its folder for them, also those of its neighbours. */
async function ownTmpDir(dataDir: string): Promise<string> {
  const folder = `${dataDir}.tmp`;
  mkdirSync(folder, { recursive: true });
  await run('chown', [userName, folder]);
  return folder;
}

export async function copyDataDir(from: string, to: string): Promise<void> {
  cpSync(from, to, { recursive: true });
  await run('chown', ['-R', userName, to]);
}

export async function startMariaDb(dataDir: string, address: string): Promise<MariaDb> {
  const socket = join(dataDir, 's');
  const ref: ProcessRef = await startDaemon({
    program: 'mariadbd',
    args: [
      '--no-defaults',
      `--user=${userName}`,
      `--datadir=${dataDir}`,
      `--tmpdir=${await ownTmpDir(dataDir)}`,
      `--bind-address=${address}`,
      '--port=3306',
      `--socket=${socket}`,
      '--skip-name-resolve',
      '--innodb-buffer-pool-size=32M',
      '--performance-schema=OFF',
    ],
    logFile: `${dataDir}.log`,
  });
  const sql = async (statements: string) =>
    (
      await run('mariadb', ['--no-defaults', '-uroot', `--socket=${socket}`, '--batch', '--skip-column-names'], {
        input: statements,
        deadlineMs: 30_000,
      })
    ).stdout;
  await waitUntil(() => sql('SELECT 1').catch(() => undefined), { what: `${address} to answer`, deadlineMs: 15_000 });
  return {
    host: `${address}:3306`,
    dataDir,
    sql,
    hang: () => process.kill(ref.pid, 'SIGSTOP'),
    wake: () => process.kill(ref.pid, 'SIGCONT'),
    isRunning: () => isAlive(ref),
    shutDown: () => stopDaemon(ref, { graceMs: 10_000 }),
    kill: () => killDaemon(ref),
  };
}
