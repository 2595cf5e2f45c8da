import type { Logger } from 'pino';
import { hasCode, messageOf } from '../../output/errors.js';
import type { ServerId } from '../../platform/edition.js';
import { acquireLock } from '../../state/lock.js';
import type { SiteDatabases } from '../database/site-databases.js';
import { localReleaseArchive } from '../files/local-release-archive.js';
import { type Layout, paths } from '../layout.js';

/** A gate that does not stay open is not tried at once again: each attempt keeps promotions out for a moment. */
const againAfterMs = 10_000;

/**
 * While prod follows dev: opens the gate of a replica that has been restarted, or whose source was lost. Under the
 * promotions' lock, so that it never meets the one who closes them; if that is taken, the next round looks again.
 */
export function keepGatesOpen(layout: Layout, { gate }: Pick<SiteDatabases, 'gate'>, log: Logger) {
  const releases = localReleaseArchive(layout.stateDir);
  const triedAt = new Map<ServerId, number>();
  const replicasToOpen = async () => {
    const edition = await releases.currentEdition();
    if (edition?.following?.gates !== 'open') return [];
    const seen = await Promise.all(
      edition.replicas.map(async (id) => ({ id, status: await gate.status(id).catch(() => undefined) })),
    );
    // One that does not answer cannot be opened either.
    return seen.filter(({ status }) => status && status.gate !== 'open').map(({ id }) => id);
  };
  return async (now = performance.now()): Promise<void> => {
    const due = (id: ServerId) => now - (triedAt.get(id) ?? Number.NEGATIVE_INFINITY) >= againAfterMs;
    if (!(await replicasToOpen()).some(due)) return;
    const lock = await acquireLock(paths.promotionLock(layout), { why: 'opening the gate of a replica' }).catch(
      (error) => {
        if (!hasCode(error, 'locked')) throw error;
      },
    );
    if (!lock) return;
    try {
      for (const id of (await replicasToOpen()).filter(due)) {
        triedAt.set(id, now);
        await gate.open(id).then(
          () => log.info({ id }, 'follows dev again'),
          (error) => log.warn({ id, problem: messageOf(error) }, 'cannot follow dev'),
        );
      }
    } finally {
      await lock.release();
    }
  };
}
