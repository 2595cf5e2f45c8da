import type { Edition } from '../../platform/edition.js';
import type { Fleet, Instance } from '../../platform/fleet.js';
import { waitUntil } from '../../process/wait.js';
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
    const instances = await settled(fleet, edition, signal);
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

/** An instance that is joining is booted into what is recorded, and again if that has changed meanwhile. */
const joinMs = 20_000;

/**
 * Prod's instances once all of them serve the edition, or when they have had their time. One that has joined since
 * the others were cleaned still has the edition before, which only the bake needed.
 */
async function settled(fleet: Fleet, { id: edition }: Edition, signal: AbortSignal): Promise<readonly Instance[]> {
  const all = async () => (await fleet.instances('prod')).every((instance) => instance.edition === edition);
  const what = `every instance to serve edition ${edition}`;
  await waitUntil(all, { what, deadlineMs: joinMs, everyMs: 250, signal }).catch(() => signal.throwIfAborted());
  const instances = await fleet.instances('prod');
  await Promise.all(instances.map(({ id }) => fleet.prune(id, [edition])));
  return instances;
}
