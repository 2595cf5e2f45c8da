import type { ServerId } from '../../platform/edition.js';
import { type Position, sequenceOf } from '../../platform/position.js';
import type { PlatformStatus } from '../../platform/status.js';
import type { SiteDatabases } from './site-databases.js';

/**
 * How each replica stands, as it says itself. One that does not answer is told as such, not waited for.
 * @param written where the primary stands; undefined if that is not known
 */
export async function replicaStatus(
  { servers, gate }: SiteDatabases,
  weights: Readonly<Record<ServerId, number>>,
  written: Position | undefined,
): Promise<PlatformStatus['environments']['prod']['replicas']> {
  const replicas = servers.filter(({ kind }) => kind === 'replica');
  return Promise.all(
    replicas.map(async ({ id, zone }) => {
      const seen = await gate.status(id).catch(() => undefined);
      const behind = seen && written !== undefined ? sequenceOf(written) - sequenceOf(seen.position) : null;
      return {
        id,
        zone,
        gate: seen?.gate ?? ('unreachable' as const),
        position: seen?.position ?? null,
        weight: weights[id] ?? 0,
        behindTransactions: behind === null ? null : Math.max(0, behind),
      };
    }),
  );
}
