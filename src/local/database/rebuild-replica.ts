import { messageOf, UnderstudyError } from '../../output/errors.js';
import type { ReplicationGate } from '../../platform/databases.js';
import { waitUntil } from '../../process/wait.js';
import { type CopyOptions, forgetOldData, layCopy, takeCopy } from './copy-server.js';
import { type DatabaseServer, prepareServer } from './server.js';

export interface RebuildOptions extends Omit<CopyOptions, 'withBinlogs'> {
  readonly gate: ReplicationGate;
}

const startMs = 60_000;

/**
 * Makes a replica an identical copy of another one, at that one's position, gate closed, without binary logs. The
 * copy is complete before the replica is stopped, and the old data is removed once the new data answers.
 * @throws code `rebuild-failed`; the replica has its old data then, unless it was the new data that did not start
 */
export async function rebuildReplica(options: RebuildOptions): Promise<void> {
  const { to, from, gate, account } = options;
  if (to.id === from.id) throw failed(options, 'they are the same server');
  const { gate: state, position, errant } = await gate.status(from.id);
  if (state !== 'closed' || errant !== undefined) throw failed(options, `the gate of ${from.id} is ${state}`);
  const copy = { ...options, withBinlogs: false };
  const laid = await layCopy(copy).catch((error) => {
    options.signal?.throwIfAborted();
    throw failed(options, messageOf(error), error);
  });
  await takeCopy(laid, copy, () => prepareServer(to, 'replica', account));
  const after = await waitUntil(() => gate.status(to.id).catch(() => undefined), {
    what: `${to.id} to answer`,
    deadlineMs: startMs,
    signal: options.signal,
  });
  if (after.position !== position || after.errant !== undefined) {
    throw failed(options, `it stands at ${after.position}, and ${from.id} at ${position}`);
  }
  await forgetOldData(to);
}

function failed({ to, from }: Pick<CopyOptions, 'to' | 'from'>, why: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError({
    code: 'rebuild-failed',
    message: `${to.id} could not be made a copy of ${from.id}: ${why}.`,
    remedy: `Run \`understudy replica rebuild ${to.id}\` again once that is mended.`,
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
