import type { Edition } from '../platform/edition.js';
import type { PromotionContext } from './context.js';

/** Removes the oldest releases beyond the number that the definition keeps; never the one in use. */
export async function pruneReleases({ platform, site }: PromotionContext, current: Edition): Promise<void> {
  const releases = await platform.releases.list();
  const old = releases.slice(0, Math.max(0, releases.length - site.promotion.keepReleases));
  for (const { number } of old) {
    if (number !== current.release) await platform.releases.remove(number);
  }
}
