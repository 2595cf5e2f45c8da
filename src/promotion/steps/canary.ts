import { hasCode, UnderstudyError } from '../../output/errors.js';
import type { PromotionContext } from '../context.js';
import { newEdition } from '../editions.js';
import type { PromotionFacts } from '../facts.js';
import { checkPages, smokePages } from '../pages.js';
import type { Step } from '../step.js';

/**
 * Gives the new edition its number, puts it onto an instance that nobody is routed to, and looks at its pages.
 * Done again after a crash, it takes another number: what has one is never made twice.
 */
export const canary: Step<PromotionContext, PromotionFacts, 'canary'> = {
  id: 'canary',
  title: 'Try the new edition where no visitor is',
  async do({ platform, site, signal }, before) {
    const edition = newEdition(await platform.editions.allocate(), before);
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
      throw hasCode(error, 'page-unreachable') ? unanswered(error) : error;
    });
    await platform.fleet.dismissCanary();
    return { edition, pages };
  },
  async undo({ platform }) {
    await platform.fleet.dismissCanary();
  },
};

const unanswered = (cause: UnderstudyError) =>
  new UnderstudyError({
    code: cause.code,
    message: `The new edition does not answer: ${cause.message}`,
    remedy: 'Mend it in dev, and promote again; visitors have not seen it.',
    cause,
  });
