import {
  certifyInstance,
  certifyPages,
  certifyReplica,
  requireNothingLeft,
  requireSameTables,
} from '../certificate/look-at-prod.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { stagedOf } from '../staged.js';
import { need, type Step } from '../step.js';

/** Looks at prod as it is now, from the outside, and states what was found. */
export const certificate: Step<PromotionContext, PromotionFacts, 'certificate'> = {
  id: 'certificate',
  title: 'Certify what prod serves',
  irreversible: true,
  async do({ platform, site, signal }, before) {
    const { edition } = need(before, 'finalise');
    const { releaseHash, source } = stagedOf(before);
    const { database, fleet } = platform;
    const instances = await fleet.instances('prod');
    const [checked, replicas, [pages = []]] = await Promise.all([
      Promise.all(instances.map((instance) => certifyInstance(fleet, instance, edition, releaseHash, signal))),
      database ? Promise.all(edition.replicas.map((id) => certifyReplica(database, id, edition, signal))) : [],
      Promise.all(instances.slice(0, 1).map((instance) => certifyPages(platform, site, instance, signal))),
    ]);
    requireSameTables([...(source ? [source] : []), ...replicas]);
    const leftovers = await requireNothingLeft(fleet, edition);
    const at = new Date().toISOString();
    return { edition, releaseHash, instances: checked, replicas, source, pages, leftovers, at };
  },
};
