import { join } from 'node:path';
import { killDaemon, startDaemon } from '../../../src/process/daemon.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { account } from '../wordpress/mariadb.js';

export interface Server {
  sql(statements: string): Promise<string>;
  kill(): Promise<void>;
}

/**
 * Makes an empty data directory below `folder`, whose own `tmp` it uses: a server that starts removes what looks like
 * a temporary table in its folder for them, and others that run use `/tmp`.
 */
export async function installServer(folder: string, name: string): Promise<string> {
  const dataDir = join(folder, name);
  const tmpDir = tmpOf(dataDir);
  await run('mkdir', ['-m', '777', tmpDir]);
  await run(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${dataDir}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { env: { TMPDIR: tmpDir } },
  );
  if (account) await run('chown', ['-R', account.name, dataDir]);
  return dataDir;
}

const tmpOf = (dataDir: string) => `${dataDir}.tmp`;

/** Starts it on port 3306 of an address, and waits until it answers. */
export async function startServer(dataDir: string, address: string, more: readonly string[] = []): Promise<Server> {
  const socket = join(dataDir, 's');
  const ref = await startDaemon({
    program: 'mariadbd',
    args: [
      '--no-defaults',
      ...(account ? [`--user=${account.name}`] : []),
      `--datadir=${dataDir}`,
      `--tmpdir=${tmpOf(dataDir)}`,
      `--bind-address=${address}`,
      '--port=3306',
      `--socket=${socket}`,
      '--skip-name-resolve',
      '--innodb-buffer-pool-size=32M',
      '--innodb-flush-log-at-trx-commit=0',
      '--performance-schema=OFF',
      ...more,
    ],
    logFile: `${dataDir}.log`,
  });
  const sql = async (statements: string) =>
    (
      await run('mariadb', ['--no-defaults', '-uroot', `--socket=${socket}`, '--batch', '--skip-column-names'], {
        input: statements,
      })
    ).stdout;
  await waitUntil(() => sql('SELECT 1').catch(() => undefined), { what: `${address} to answer`, deadlineMs: 30_000 });
  return { sql, kill: () => killDaemon(ref) };
}
