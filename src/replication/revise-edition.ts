import type { Edition } from '../platform/edition.js';
import type { Platform } from '../platform/platform.js';

/**
 * Changes which replicas may answer for the edition that prod serves: recorded first, so that an instance that boots
 * meanwhile gets it right, then on every instance that has it.
 */
export async function reviseEverywhere(platform: Platform, edition: Edition): Promise<void> {
  await platform.releases.setCurrentEdition(edition);
  const instances = await platform.fleet.instances('prod');
  await Promise.all(instances.map(({ id }) => platform.fleet.revise(id, edition)));
}
