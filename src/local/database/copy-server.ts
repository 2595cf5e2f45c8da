import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Secret } from '../../output/secret.js';
import { type Account, run } from '../../process/run.js';
import { flushFolder } from '../../state/atomic-file.js';
import { writeClientAccess } from './client-access.js';
import { copyBinlogs } from './copy-binlogs.js';
import type { ServerProcesses } from './observe.js';
import { type DatabaseServer, ownFolder } from './server.js';

export interface CopyOptions {
  readonly to: DatabaseServer;
  /** It keeps serving. */
  readonly from: DatabaseServer;
  /** Whether the copy can become a primary: it has the binary logs of its source then. */
  readonly withBinlogs: boolean;
  readonly processes: Pick<ServerProcesses, 'kill' | 'start'>;
  /** Of the operator. */
  readonly password: Secret;
  readonly account: Account | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Copying is as long as the data is large. */
const copyMs = 3_600_000;

/**
 * Lays a copy of a server's data beside the data of another one, which is not touched.
 * @throws what the programs throw; no part of a copy is left then
 */
export async function layCopy(options: CopyOptions): Promise<void> {
  const { to, account, signal } = options;
  const making = makingOf(to);
  try {
    await rm(making, { recursive: true, force: true });
    // Gone together with the data, if a whole folder was removed.
    for (const folder of [dirname(making), to.tmpDir, to.filesDir, making]) await ownFolder(folder, account);
    await backUp(options, making);
    if (options.withBinlogs) await copyBinlogs(options.from, making, { account, signal });
    await run('sync', ['--file-system', making], { cwd: '/' });
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

/** Puts the copy in the place of the old data, and starts the server. The old data lies beside it until `forgetOldData`. */
export async function takeCopy({ to, processes }: CopyOptions, configure: () => Promise<void>): Promise<void> {
  await processes.kill(to.id);
  // A replacement that was cut off after its exchange has left old data where this one puts them.
  await settleReplacement(to);
  if (existsSync(to.dataDir)) await rename(to.dataDir, oldOf(to));
  await rename(makingOf(to), to.dataDir);
  await flushFolder(dirname(to.dataDir));
  await configure();
  await processes.start(to.id);
}

export async function forgetOldData(server: DatabaseServer): Promise<void> {
  await rm(oldOf(server), { recursive: true, force: true });
}

const makingOf = ({ dataDir }: DatabaseServer) => `${dataDir}.making`;
const oldOf = ({ dataDir }: DatabaseServer) => `${dataDir}.old`;

/** Before the servers start: what a crash in the middle of a replacement left is put back, or cleared away. */
export async function settleReplacement(server: DatabaseServer): Promise<void> {
  if (!existsSync(oldOf(server))) return;
  if (!existsSync(server.dataDir)) {
    await rename(oldOf(server), server.dataDir);
    await flushFolder(dirname(server.dataDir));
  } else {
    await forgetOldData(server);
  }
}

async function backUp({ to, from, password, account, signal }: CopyOptions, making: string): Promise<void> {
  const access = join(dirname(to.dataDir), 'copy.cnf');
  const as = { as: account, cwd: '/', signal, deadlineMs: copyMs };
  const tmpdir = `--tmpdir=${to.tmpDir}`;
  await writeClientAccess(access, { group: 'mariadb-backup', server: from, user: 'operator', password }, account);
  try {
    await run('mariadb-backup', [`--defaults-file=${access}`, '--backup', `--target-dir=${making}`, tmpdir], as);
    await run('mariadb-backup', ['--no-defaults', '--prepare', `--target-dir=${making}`, tmpdir], as);
  } finally {
    await rm(access, { force: true });
  }
}
