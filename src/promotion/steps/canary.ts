import { hasCode, UnderstudyError } from '../../output/errors.js';
import type { PromotionContext } from '../context.js';
import { newEdition } from '../editions.js';
import type { PromotionFacts } from '../facts.js';
import { checkPages, smokePages } from '../pages.js';
import type { Step } from '../step.js';

/** Boots an instance that nobody is routed to, gives it the new edition, and looks at its pages. */
export const canary: Step<PromotionContext, PromotionFacts, 'canary'> = {
  id: 'canary',
  title: 'Try the new edition where no visitor is',
  async do({ platform, site, signal }, before) {
    const edition = newEdition(before);
    const { id, origin } = await platform.fleet.bootCanary();
    await platform.fleet.prepare(id, edition, signal);
    await platform.fleet.switch([id], edition.id);
    const pages = await checkPages({
      origin,
      siteUrl: platform.urls.prod,
      foreignUrl: platform.urls.dev,
      expectations: smokePages(site),
      signal,
    }).catch((error) => {
      if (hasCode(error, 'page-unreachable')) {
        throw new UnderstudyError({
          code: 'page-unreachable',
          message: `The new edition does not answer: ${error.message}`,
          cause: error,
        });
      }
      throw error;
    });
    await platform.fleet.dismissCanary();
    return { pages };
  },
  async undo({ platform }) {
    await platform.fleet.dismissCanary();
  },
};
