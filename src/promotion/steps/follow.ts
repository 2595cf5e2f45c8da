import { UnderstudyError } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { GatedDatabase } from '../../platform/platform.js';
import { reviseEverywhere } from '../../replication/revise-edition.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { need, type Step } from '../step.js';

/**
 * Lets prod follow dev, from an edition that is final. Recorded first, then told to every instance, which then keeps
 * pages for seconds only, and only then are the gates opened: a gate that is open is always one that is meant to be.
 */
export const follow = (database: GatedDatabase): Step<PromotionContext, PromotionFacts, 'follow'> => ({
  id: 'follow',
  title: 'Open both gates: prod follows dev',
  irreversible: true,
  async do({ platform }, before) {
    const { edition } = need(before, 'finalise');
    const current = await platform.releases.currentEdition();
    const following = current?.following ?? { since: new Date().toISOString(), gates: 'open' as const };
    const marked: Edition = { ...edition, following };
    await reviseEverywhere(platform, marked);
    for (const replica of edition.replicas) await database.gate.open(replica);
    return { edition: marked };
  },
  async verify(_, facts) {
    for (const replica of need(facts, 'follow').edition.replicas) {
      const { gate, error } = await database.gate.status(replica);
      if (gate === 'open') continue;
      throw new UnderstudyError({
        code: 'gate-not-open',
        message: `${replica} does not follow dev: its gate is ${gate}${error ? ` (${error})` : ''}.`,
        remedy: 'Mend that and run `understudy promote --resume`, or freeze prod again with `understudy sync stop`.',
      });
    }
  },
});
