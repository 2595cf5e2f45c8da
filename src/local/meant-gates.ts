import type { MeantGates } from '../platform/meant-gates.js';
import { localReleaseArchive } from './files/local-release-archive.js';
import { positionSince } from './files/position-since.js';
import type { Layout } from './layout.js';
import { replicaServers } from './network/hosts.js';

/**
 * What the gates of replicas are meant to be on this machine: open while prod follows dev, else closed since prod has
 * stood at its position. Nothing is known of the time before the first promotion.
 */
export async function localMeantGates({ stateDir }: Layout): Promise<MeantGates> {
  const edition = await localReleaseArchive(stateDir).currentEdition();
  if (!edition) return {};
  const { following } = edition;
  const since = following?.since ?? (await positionSince(stateDir, edition));
  if (since === undefined) return {};
  const meant = following?.gates === 'open' ? 'open' : 'closed';
  return Object.fromEntries(replicaServers.map((replica) => [replica, { meant, since } as const]));
}
