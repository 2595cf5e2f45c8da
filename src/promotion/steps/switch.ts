import { UnderstudyError } from '../../output/errors.js';
import { applyMedia, revertMedia } from '../../release/media-switch.js';
import type { PromotionContext } from '../context.js';
import { newEdition, previousEdition, reviseEverywhere } from '../editions.js';
import type { PromotionFacts } from '../facts.js';
import { fetchPage } from '../pages.js';
import { need, type Step } from '../step.js';

/**
 * The moment at which visitors get the new edition: one link on each instance, renamed on all of them together.
 * It is recorded first, so that an instance that boots from here on boots into the new edition.
 */
export const switchOver: Step<PromotionContext, PromotionFacts, 'switch'> = {
  id: 'switch',
  title: 'Switch visitors to the new edition',
  async do(context, before) {
    const { platform, signal } = context;
    const edition = newEdition(before);
    const instances = (await platform.fleet.instances('prod')).map(({ id }) => id);
    // One that has booted since the others were warmed has only the previous edition; for the rest this is quick.
    await Promise.all(instances.map((id) => platform.fleet.prepare(id, edition, signal)));
    if (platform.files.media) await applyMedia(platform.files.media.prod, need(before, 'plan').media);
    await platform.releases.setCurrentEdition(edition);
    const { spreadMs } = await platform.fleet.switch(instances, edition.id);
    return { instances, spreadMs };
  },
  async verify({ platform, signal }, facts) {
    const { editionId } = need(facts, 'preflight');
    for (const { id, origin } of await platform.fleet.instances('prod')) {
      const page = await fetchPage({ origin, siteUrl: platform.urls.prod, path: '/', signal });
      const serves = page.headers['x-understudy-edition'];
      if (serves !== String(editionId)) {
        throw new UnderstudyError({
          code: 'instance-not-switched',
          message: `${id} serves edition ${serves ?? 'none'} instead of ${editionId}.`,
        });
      }
    }
  },
  async undo(context, facts) {
    const { platform } = context;
    const before = previousEdition(facts);
    const instances = (await platform.fleet.instances('prod')).map(({ id }) => id);
    if (before) await reviseEverywhere(platform, before);
    else await platform.releases.setCurrentEdition(undefined);
    await platform.fleet.switch(instances, before?.id ?? 0);
    if (platform.files.media) await revertMedia(platform.files.media.prod, need(facts, 'plan').media);
  },
};
