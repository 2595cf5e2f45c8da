import type { PromotionContext } from '../context.js';
import { newEdition } from '../editions.js';
import type { PromotionFacts } from '../facts.js';
import type { Step } from '../step.js';

/**
 * In place of the canary, for `sync stop`: visitors have seen this code with this content already. It needs a number
 * of its own, since pages are cached by it.
 */
export const numberEdition: Step<PromotionContext, PromotionFacts, 'canary'> = {
  id: 'canary',
  title: 'Number the edition that prod has come to',
  async do({ platform }, before) {
    return { edition: newEdition(await platform.editions.allocate(), before), pages: [] };
  },
};
