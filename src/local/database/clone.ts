import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UnderstudyError } from '../../output/errors.js';
import type { Secret } from '../../output/secret.js';
import { type Account, run } from '../../process/run.js';
import { flushFolder, writeFileAtomic } from '../../state/atomic-file.js';
import type { DatabaseServer } from './server.js';

export interface CloneOptions {
  readonly mariadbBackup: string;
  /** Runs, and goes on serving. Nothing may be written to it meanwhile that the clone is not to have. */
  readonly from: DatabaseServer;
  /** Gets a new data directory. Must not run. */
  readonly to: DatabaseServer;
  readonly operatorPassword: Secret;
  readonly account: Account | undefined;
  readonly signal: AbortSignal;
}

/** A copy of a large database takes as long as the disk needs to read and write it. */
const copyMs = 30 * 60_000;

/**
 * Makes `to` an identical copy of `from`, position included (it stands in a table), with no source configured and no
 * binary logs: right for a gated replica. The copy is made aside; the old data directory is removed only when the
 * new one is complete and on disk.
 * @throws code `program-failed`; the old data directory is as it was then
 */
export async function cloneServer(options: CloneOptions): Promise<void> {
  const { mariadbBackup, from, to, operatorPassword, account, signal } = options;
  const copying = `${to.dataDir}.copying`;
  const credentials = join(dirname(to.dataDir), 'clone.cnf');
  const as = { as: account, cwd: '/', signal, deadlineMs: copyMs };
  await rm(copying, { recursive: true, force: true });
  await writeFileAtomic(credentials, credentialsFor(from, operatorPassword), { mode: 0o600, owner: account });
  try {
    await run(mariadbBackup, [`--defaults-file=${credentials}`, '--backup', `--target-dir=${copying}`], as);
    await run(mariadbBackup, ['--prepare', `--target-dir=${copying}`], as);
    await run('sync', ['--file-system', dirname(to.dataDir)], { cwd: '/', deadlineMs: copyMs });
  } finally {
    await rm(credentials, { force: true });
  }
  await rename(copying, cloned(to));
  await flushFolder(dirname(to.dataDir));
  await takeClone(to);
}

const cloned = ({ dataDir }: DatabaseServer) => `${dataDir}.cloned`;

/** Puts a finished clone in place; also one that a crash has left waiting. Without one it does nothing. */
export async function takeClone(server: DatabaseServer): Promise<void> {
  if (!existsSync(cloned(server))) return;
  await rm(server.dataDir, { recursive: true, force: true });
  await rename(cloned(server), server.dataDir);
  await flushFolder(dirname(server.dataDir));
}

function credentialsFor(from: DatabaseServer, password: Secret): string {
  // In a quoted value a backslash and a quote have a meaning; generated passwords have neither.
  if (/["\\\n]/.test(password.reveal())) {
    throw new UnderstudyError({ code: 'password-unfit', message: "The operator's password cannot stand in a file." });
  }
  return `[mariadb-backup]
datadir=${from.dataDir}
host=${from.address}
port=${from.port}
user=operator
password="${password.reveal()}"
`;
}
