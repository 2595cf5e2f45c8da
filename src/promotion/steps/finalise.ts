import { finishMedia } from '../../release/media-switch.js';
import type { PromotionContext } from '../context.js';
import { newEdition, reviseEverywhere } from '../editions.js';
import type { PromotionFacts } from '../facts.js';
import { pruneReleases } from '../prune.js';
import { schemaOf } from '../schema-of.js';
import { need, type Step } from '../step.js';

/**
 * Gives up the way back and makes prod redundant again: the other replica follows to the same position, the edition
 * names both, and what only the previous edition needed is removed. Every line may be repeated.
 */
export const finalise: Step<PromotionContext, PromotionFacts, 'finalise'> = {
  id: 'finalise',
  title: 'Make it final: both replicas, old editions removed',
  irreversible: true,
  async do(context, before) {
    const { platform, report, signal } = context;
    const { drain, stage } = before;
    const during = newEdition(before);
    const edition = drain ? { ...during, replicas: [drain.kept, drain.advanced].sort() } : during;
    if (platform.database && drain && stage?.position) {
      await platform.database.gate.advance(drain.kept, stage.position, { signal });
    }
    await reviseEverywhere(platform, edition);
    if (platform.database) {
      for (const replica of edition.replicas) await platform.database.routing.setWeight(replica, 100);
    }
    const schema = platform.database ? await schemaOf(platform.database.databases, edition) : null;
    await platform.editions.record({ edition, schema, switchedAt: new Date().toISOString() });
    if (platform.files.media) await finishMedia(platform.files.media.prod, need(before, 'plan').media);
    for (const { id } of await platform.fleet.instances('prod')) {
      await platform.fleet.prune(id, [edition.id]);
      await platform.fleet.refresh(id);
      report({ kind: 'note', level: 'info', text: `${id}: PHP started anew` });
    }
    await pruneReleases(context, edition);
    return { edition };
  },
};
