import { refusal } from '../../output/errors.js';
import type { Fleet } from '../../platform/fleet.js';
import { refuseWhileFollowing } from '../../replication/refuse-while-following.js';
import type { PromotionContext } from '../context.js';
import { databaseWarnings, refuseMultisite, refuseUnfitDatabase } from '../database-checks.js';
import type { PromotionFacts } from '../facts.js';
import type { Step } from '../step.js';
import { followedEdition } from './settle.js';

/** Looks at everything that would stop the promotion later, while nothing has been changed. */
export const preflight: Step<PromotionContext, PromotionFacts, 'preflight'> = {
  id: 'preflight',
  title: 'Look whether dev and prod are ready',
  async do({ platform, site }) {
    const previous = (await platform.releases.currentEdition()) ?? null;
    refuseWhileFollowing(previous);
    await refuseUnhealthyFleet(platform.fleet);
    if (!platform.database) return { previous, warnings: [] };
    await refuseUnfitDatabase(platform.database, previous);
    await refuseMultisite(platform.database, site);
    return { previous, warnings: await databaseWarnings(platform.database) };
  },
};

/**
 * The same for a rollback, which moves no replica and reads nothing of dev: it must be possible while dev's database
 * is down, and while some of prod's instances are unwell, perhaps by what is to be rolled back.
 */
export const rollbackPreflight: Step<PromotionContext, PromotionFacts, 'preflight'> = {
  id: 'preflight',
  title: 'Look whether prod is ready',
  async do({ platform }) {
    const previous = (await platform.releases.currentEdition()) ?? null;
    refuseWhileFollowing(previous);
    const instances = await platform.fleet.instances('prod');
    if (!instances.some(({ state }) => state === 'healthy')) throw unhealthy(instances);
    return { previous, warnings: [] };
  },
};

/** For `sync stop`: the replicas need not be well, since one that is not becomes a copy of the other. */
export const syncStopPreflight: Step<PromotionContext, PromotionFacts, 'preflight'> = {
  id: 'preflight',
  title: 'Look whether prod follows dev',
  async do({ platform }) {
    const facts = { previous: (await platform.releases.currentEdition()) ?? null, warnings: [] };
    followedEdition({ preflight: facts });
    await refuseUnhealthyFleet(platform.fleet);
    return facts;
  },
};

async function refuseUnhealthyFleet(fleet: Fleet): Promise<void> {
  const instances = await fleet.instances('prod');
  if (instances.length === 0 || instances.some(({ state }) => state !== 'healthy')) throw unhealthy(instances);
}

function unhealthy(instances: Awaited<ReturnType<Fleet['instances']>>) {
  const unwell = instances.filter(({ state }) => state !== 'healthy').map(({ id, state }) => `${id} is ${state}`);
  return refusal({
    code: 'prod-unhealthy',
    message:
      instances.length === 0 ? 'Prod has no instances.' : `Not all of prod's instances are well: ${unwell.join(', ')}.`,
    remedy: 'Wait until `understudy status` shows all of them healthy; if they stay so, read `understudy logs prod`.',
  });
}
