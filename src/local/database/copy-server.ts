import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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
 * Lays a copy of a server's data beside the data of another one, which is not touched. In a folder of its own: who
 * copies may outlive a control plane that was killed, and must not write into the copy that the next one makes.
 * @returns the folder, for `takeCopy`
 * @throws what the programs throw; no part of a copy is left then
 */
export async function layCopy(options: CopyOptions): Promise<string> {
  const { to, account, signal } = options;
  // Gone together with the data, if a whole folder was removed.
  for (const folder of [dirname(to.dataDir), to.tmpDir, to.filesDir]) await ownFolder(folder, account);
  await removeParts(to);
  const making = await mkdtemp(partOf(to));
  try {
    await ownFolder(making, account);
    await backUp(options, making);
    if (options.withBinlogs) await copyBinlogs(options.from, making, { account, signal });
    await run('sync', ['--file-system', making], { cwd: '/' });
    return making;
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

/** Puts the copy in the place of the old data, and starts the server. The old data lies beside it until `forgetOldData`. */
export async function takeCopy(
  copy: string,
  { to, processes }: CopyOptions,
  configure: () => Promise<void>,
): Promise<void> {
  await processes.kill(to.id);
  // A replacement that was cut off after its exchange has left old data where this one puts them.
  await settleReplacement(to);
  if (existsSync(to.dataDir)) await rename(to.dataDir, oldOf(to));
  await rename(copy, to.dataDir);
  await flushFolder(dirname(to.dataDir));
  await configure();
  await processes.start(to.id);
}

export async function forgetOldData(server: DatabaseServer): Promise<void> {
  await rm(oldOf(server), { recursive: true, force: true });
}

const partOf = ({ dataDir }: DatabaseServer) => `${dataDir}.making-`;
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

/** Copies that were begun and never came to their end. Nobody may be making one at this moment. */
export async function removeParts(server: DatabaseServer): Promise<void> {
  const folder = dirname(server.dataDir);
  const names = existsSync(folder) ? await readdir(folder) : [];
  const parts = names.filter((name) => name.startsWith(basename(partOf(server))));
  await Promise.all(parts.map((name) => rm(join(folder, name), { recursive: true, force: true })));
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
