import { join } from 'node:path';
import { refusal } from '../output/errors.js';
import type { ProcessRef } from '../process/identity.js';
import { changesNothing } from './changes-nothing.js';
import { lastStep, progressOf, readJournal } from './journal.js';
import { promotionIds } from './promotion-ids.js';
import { promotionFiles } from './request.js';

/** A promotion that came to no end. Whether it still runs, the lock tells. */
export interface Interrupted {
  readonly id: string;
  /** The last step whose effects are there, wholly or in part. */
  readonly step: string;
}

/**
 * So many promotions that have changed prod are looked at: the last that began need not have the latest name, since
 * clocks are set back, and on AWS ids come from many machines.
 */
const looked = 20;

/** The promotion that was cut off after it had begun to change prod. There is one at most: none begins beside it. */
export async function interruptedPromotion(promotionsDir: string): Promise<Interrupted | undefined> {
  let changed = 0;
  for (const id of (await promotionIds(promotionsDir)).reverse()) {
    const progress = progressOf(await readJournal(promotionFiles.journal(join(promotionsDir, id))));
    const step = progress.ended ? undefined : lastStep(progress);
    const isBetween = step !== undefined && !changesNothing(step);
    // Others begin beside one that lacks nothing but its certificate, and then nobody needs that any more.
    if (isBetween && (changed === 0 || step !== 'certificate')) return { id, step };
    if ([...progress.steps.keys()].some((each) => !changesNothing(each)) && ++changed === looked) return undefined;
  }
  return undefined;
}

/**
 * A promotion that was cut off may have left prod in between: it is dealt with before another begins, or
 * anything else that moves a replica. One that lacks nothing but its certificate is not in between; what keeps it from
 * getting one may take a promotion to mend.
 * @throws refusal `promotion-interrupted`
 */
export async function refuseBesideInterrupted(promotionsDir: string): Promise<void> {
  const interrupted = await interruptedPromotion(promotionsDir);
  if (!interrupted || interrupted.step === 'certificate') return;
  throw refusal({
    code: 'promotion-interrupted',
    message: `Promotion ${interrupted.id} was cut off at the step "${interrupted.step}".`,
    remedy: 'Finish it with `understudy promote --resume`, or take it back with `understudy promote --abort`.',
  });
}

/** The promotion that a process carries out; undefined if that process does something else. */
export async function promotionOf(promotionsDir: string, { pid, startTime }: ProcessRef): Promise<string | undefined> {
  for (const id of (await promotionIds(promotionsDir)).reverse()) {
    const entries = await readJournal(promotionFiles.journal(join(promotionsDir, id)));
    const begun = entries.findLast((entry) => entry.event === 'begun');
    if (begun?.process.pid === pid && begun.process.startTime === startTime) return id;
  }
  return undefined;
}
