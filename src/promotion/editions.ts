import type { Edition } from '../platform/edition.js';
import type { Platform } from '../platform/platform.js';
import type { PromotionFacts } from './facts.js';
import { need } from './step.js';

/**
 * Changes which replicas may answer for the edition that prod serves: recorded first, so that an instance that boots
 * meanwhile gets it right, then on every instance that has it.
 */
export async function reviseEverywhere(platform: Platform, edition: Edition): Promise<void> {
  await platform.releases.setCurrentEdition(edition);
  const instances = await platform.fleet.instances('prod');
  await Promise.all(instances.map(({ id }) => platform.fleet.revise(id, edition)));
}

/**
 * The new edition as it is until the promotion is final: only the replica that has moved may answer for it.
 * A rollback moves no replica, so there all that answered for the previous edition go on.
 */
export function newEdition(facts: Partial<PromotionFacts>): Edition {
  const { editionId, previous } = need(facts, 'preflight');
  const { release, position } = need(facts, 'stage');
  return {
    id: editionId,
    release,
    position: position ?? undefined,
    replicas: facts.drain ? [facts.drain.advanced] : (previous?.replicas ?? []),
  };
}

/** The previous edition as it is meanwhile: without the replica that has moved. Null before the first promotion. */
export function previousEdition(facts: Partial<PromotionFacts>): Edition | null {
  const { previous } = need(facts, 'preflight');
  return previous && facts.drain ? { ...previous, replicas: [facts.drain.kept] } : previous;
}
