import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, UnderstudyError } from '../../output/errors.js';
import type { Secret } from '../../output/secret.js';
import type { ReplicationGate } from '../../platform/databases.js';
import { type Account, run } from '../../process/run.js';
import { waitUntil } from '../../process/wait.js';
import { flushFolder, writeFileAtomic } from '../../state/atomic-file.js';
import type { ServerProcesses } from './observe.js';
import { type DatabaseServer, ownFolder } from './server.js';

export interface RebuildOptions {
  readonly replica: DatabaseServer;
  /** The other replica; it keeps serving. Its gate must be closed. */
  readonly from: DatabaseServer;
  readonly gate: ReplicationGate;
  readonly processes: Pick<ServerProcesses, 'kill' | 'start'>;
  /** Of the operator. */
  readonly password: Secret;
  readonly account: Account | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Copying is as long as the data is large. */
const copyMs = 3_600_000;
const startMs = 60_000;

/**
 * Makes a replica an identical copy of another one, at that one's position, gate closed, without binary logs. The
 * copy is complete before the replica is stopped, and the old data is removed once the new data answers.
 * @throws code `rebuild-failed`; the replica has its old data then, unless it was the new data that did not start
 */
export async function rebuildReplica(options: RebuildOptions): Promise<void> {
  const { replica, from, gate, processes, account } = options;
  if (replica.id === from.id) throw failed(options, 'they are the same server');
  const making = `${replica.dataDir}.making`;
  const { gate: state, position, errant } = await gate.status(from.id);
  if (state !== 'closed' || errant !== undefined) throw failed(options, `the gate of ${from.id} is ${state}`);
  try {
    await rm(making, { recursive: true, force: true });
    await ownFolder(making, account);
    await copy(options, making);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    options.signal?.throwIfAborted();
    throw failed(options, messageOf(error), error);
  }
  await processes.kill(replica.id);
  // A rebuild that was cut off after its exchange has left old data where this one puts them.
  await settleReplacement(replica);
  await rename(replica.dataDir, oldOf(replica));
  await rename(making, replica.dataDir);
  await flushFolder(dirname(replica.dataDir));
  await processes.start(replica.id);
  const after = await waitUntil(() => gate.status(replica.id).catch(() => undefined), {
    what: `${replica.id} to answer`,
    deadlineMs: startMs,
    signal: options.signal,
  });
  if (after.position !== position || after.errant !== undefined) {
    throw failed(options, `it stands at ${after.position}, and ${from.id} at ${position}`);
  }
  await rm(oldOf(replica), { recursive: true, force: true });
}

const oldOf = ({ dataDir }: DatabaseServer) => `${dataDir}.old`;

/** Before the servers start: what a crash in the middle of a replacement left is put back, or cleared away. */
export async function settleReplacement(server: DatabaseServer): Promise<void> {
  if (!existsSync(oldOf(server))) return;
  if (!existsSync(server.dataDir)) {
    await rename(oldOf(server), server.dataDir);
    await flushFolder(dirname(server.dataDir));
  } else {
    await rm(oldOf(server), { recursive: true, force: true });
  }
}

async function copy({ replica, from, password, account, signal }: RebuildOptions, making: string): Promise<void> {
  const access = join(dirname(replica.dataDir), 'copy.cnf');
  const as = { as: account, cwd: '/', signal, deadlineMs: copyMs };
  const tmpdir = `--tmpdir=${replica.tmpDir}`;
  await writeFileAtomic(access, accessFile(from, password), { mode: 0o600, owner: account });
  try {
    await run('mariadb-backup', [`--defaults-file=${access}`, '--backup', `--target-dir=${making}`, tmpdir], as);
    await run('mariadb-backup', ['--no-defaults', '--prepare', `--target-dir=${making}`, tmpdir], as);
  } finally {
    await rm(access, { force: true });
  }
  await run('sync', ['--file-system', making], { cwd: '/' });
}

function accessFile(from: DatabaseServer, password: Secret): string {
  // Between quotes only the backslash is special there.
  const quoted = password.reveal().replaceAll('\\', '\\\\');
  return [
    '[mariadb-backup]',
    `host = ${from.address}`,
    `port = ${from.port}`,
    'protocol = tcp',
    'user = operator',
    `password = "${quoted}"`,
    '',
  ].join('\n');
}

function failed({ replica, from }: RebuildOptions, why: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError({
    code: 'rebuild-failed',
    message: `${replica.id} could not be made a copy of ${from.id}: ${why}.`,
    remedy: `Run \`understudy replica rebuild ${replica.id}\` again once that is mended.`,
    cause,
  });
}

/** Which server may be rebuilt: only a replica. */
export function requireReplica(server: DatabaseServer): DatabaseServer {
  if (server.kind === 'replica') return server;
  throw new UnderstudyError({
    code: 'rebuild-failed',
    message: `${server.id} is not a replica, and only replicas are rebuilt from each other.`,
  });
}
