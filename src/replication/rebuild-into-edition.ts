import { refusal } from '../output/errors.js';
import type { ServerId } from '../platform/edition.js';
import type { Platform } from '../platform/platform.js';
import type { Position } from '../platform/position.js';
import type { WorkOptions } from '../platform/work.js';
import { refuseWhileFollowing } from './refuse-while-following.js';
import { reviseEverywhere } from './revise-edition.js';

export interface RebuiltReplica {
  readonly position: Position;
  /** False where it stands later than prod's edition: the next promotion takes it in. */
  readonly inUse: boolean;
}

/**
 * Takes a replica out of prod's edition, makes it anew, and takes it in again where it stands at the edition's position.
 * Prod keeps serving from the other one. The caller holds the promotion's lock.
 * @throws refusals `no-database`, `no-donor` if no other replica stands at the edition's position with its gate closed
 */
export async function rebuildIntoEdition(
  platform: Platform,
  replica: ServerId,
  work: WorkOptions,
): Promise<RebuiltReplica> {
  const { database } = platform;
  if (!database) throw refusal({ code: 'no-database', message: 'This site has no database.' });
  const edition = await platform.releases.currentEdition();
  refuseWhileFollowing(edition);
  const { replicas } = await database.databases.topology();
  const donor = replicas.find((id) => id !== replica);
  const seen = donor === undefined ? undefined : await database.gate.status(donor);
  if (donor === undefined || seen?.gate !== 'closed' || (edition && seen.position !== edition.position)) {
    throw refusal({
      code: 'no-donor',
      message: `${donor ?? 'No other replica'} does not stand at prod's edition with its gate closed, so it cannot be copied.`,
      remedy: 'Run `understudy status`; a promotion brings both replicas to a new position.',
    });
  }
  if (edition) await reviseEverywhere(platform, { ...edition, replicas: [donor] });
  // It will not be back before the next promotion, and whoever asks meanwhile must not come to it.
  if (database.rebuildsFrom === 'primary') await database.routing.setWeight(replica, 0);
  await database.rebuild(replica, donor, work);
  const { position } = await database.gate.status(replica);
  if (edition && position !== edition.position) return { position, inUse: false };
  if (edition) await reviseEverywhere(platform, { ...edition, replicas: [donor, replica].sort() });
  await database.routing.setWeight(replica, 100);
  return { position, inUse: true };
}
