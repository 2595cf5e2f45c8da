import { refusal } from '../../output/errors.js';
import type { ServerId } from '../../platform/edition.js';
import { waitUntil } from '../../process/wait.js';
import { cloneServer } from '../database/clone.js';
import { serverOf } from '../database/connections.js';
import type { Running } from './running.js';

/**
 * Makes a replica an identical copy of another, which goes on serving. Out of rotation before it is touched; whoever
 * asked for it decides when it comes back.
 * @throws refusals `not-a-replica`, `gate-not-closed` (what is copied would move meanwhile)
 */
export async function rebuildReplica(
  { parts, supervisor, databases, balancer }: Running,
  replica: ServerId,
  from: ServerId,
  signal: AbortSignal,
): Promise<void> {
  const isReplica = (id: ServerId) => databases?.site.servers.some((one) => one.id === id && one.kind === 'replica');
  if (!databases || replica === from || !isReplica(replica) || !isReplica(from)) {
    throw refusal({
      code: 'not-a-replica',
      message: `${replica} cannot be rebuilt from ${from}: both must be replicas, and different ones.`,
    });
  }
  const { gate, position } = await databases.site.gate.status(from);
  if (gate !== 'closed') {
    throw refusal({ code: 'gate-not-closed', message: `${from}, which is to be copied, has its gate ${gate}.` });
  }
  const service = databases.services.find(({ name }) => name === replica);
  if (!service) throw new RangeError(`There is no database server ${replica}.`);
  await balancer.setWeight(replica, 0);
  await supervisor.stop(service);
  try {
    await cloneServer({
      mariadbBackup: parts.programs.mariadbBackup,
      from: serverOf(databases.site.servers, from),
      to: serverOf(databases.site.servers, replica),
      operatorPassword: parts.secrets.databases.operator,
      account: parts.accounts.db,
      signal,
    });
  } finally {
    await supervisor.ensure(service);
  }
  await waitUntil(
    async () => (await databases.site.gate.status(replica).catch(() => undefined))?.position === position,
    {
      what: `${replica} to stand at ${position}`,
      deadlineMs: 30_000,
      signal,
    },
  );
}
