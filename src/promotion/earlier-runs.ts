import { join } from 'node:path';
import { amountsOf, type EarlierRun } from './estimate.js';
import type { PromotionPlan } from './facts.js';
import { readJournal } from './journal.js';
import { promotionIds } from './promotion-ids.js';
import { promotionFiles } from './request.js';

/** What is read of a result; result.ts has all of it. */
interface Ended {
  readonly kind: string;
  readonly outcome: string;
  readonly steps: readonly { readonly id: string; readonly ms: number }[];
  readonly plan: PromotionPlan | null;
}

/** The last promotions that came to a good end, the newest first: what they moved, and how long they took. */
export async function earlierRuns(promotionsDir: string, most = 5): Promise<readonly EarlierRun[]> {
  const runs: EarlierRun[] = [];
  for (const id of (await promotionIds(promotionsDir)).reverse()) {
    const entries = await readJournal(promotionFiles.journal(join(promotionsDir, id)));
    const result = entries.findLast((entry) => entry.event === 'ended')?.result as Ended | undefined;
    if (result?.kind !== 'promote' || result.outcome !== 'promoted' || !result.plan) continue;
    const ms = result.steps.reduce((sum, step) => sum + (step.id === 'bake' ? 0 : step.ms), 0);
    runs.push({ ...amountsOf(result.plan), ms });
    if (runs.length === most) break;
  }
  return runs;
}
