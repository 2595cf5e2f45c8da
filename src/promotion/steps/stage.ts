import type { PromotionContext } from '../context.js';
import { refuseGonePosition } from '../database-checks.js';
import type { PromotionFacts } from '../facts.js';
import { whileFrozen } from '../freeze.js';
import { readPlan } from '../plan-store.js';
import { need, type Step } from '../step.js';
import { captureContent } from '../table-checksums.js';

/**
 * Makes a release of dev's code, then reads G. In this order: content that refers to code (a block, a widget, a
 * plugin's option) is never older than the code that it refers to.
 */
export const stage = (promotionsDir: string): Step<PromotionContext, PromotionFacts, 'stage'> => ({
  id: 'stage',
  title: "Stage dev's code and read its position",
  async do({ platform, request, report, signal }, before) {
    const { releases, database } = platform;
    if (request.planHash !== undefined) {
      const { previous } = need(before, 'preflight');
      const planned = await readPlan(promotionsDir, request.planHash, previous, releases);
      if (database && planned.position !== null) await refuseGonePosition(database, planned.position);
      return planned;
    }
    const stageNow = async (inTime: AbortSignal) => {
      const release = await releases.stage({ report, signal: inTime });
      const captured = database ? await captureContent(database, { report, signal: inTime }) : null;
      return {
        release: release.number,
        releaseHash: release.hash,
        position: captured?.position ?? null,
        source: captured?.source ?? null,
      };
    };
    return request.freeze ? whileFrozen(platform, signal, stageNow) : stageNow(signal);
  },
});
