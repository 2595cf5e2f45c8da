import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { layoutFor, paths } from '../local/layout.js';
import { hasErrno, refusal } from '../output/errors.js';
import type { ProcessRef } from '../process/identity.js';
import { followPromotion } from '../promotion/follow.js';
import { promotionOf } from '../promotion/history.js';
import { continueHeld } from '../promotion/hold.js';
import { lastStep, progressOf, readJournal } from '../promotion/journal.js';
import { promotionFiles, requestSchema } from '../promotion/request.js';
import type { PromotionResult } from '../promotion/result.js';
import { readJson } from '../state/atomic-file.js';
import { type LockHolder, lockHolder } from '../state/lock.js';
import { sizeOf } from '../state/size-of.js';
import type { CommandContext } from './command.js';

// What a rollback in the bake loads before the way back begins: every import here is time that visitors wait.

export interface RunningPromotion {
  readonly id: string;
  /** Its process, among others. */
  readonly holder: LockHolder;
}

/**
 * The promotion that is going on; undefined if none is.
 * @throws refusal `locked` if something else that excludes promotions is going on
 */
export async function runningPromotion(configFile: string): Promise<RunningPromotion | undefined> {
  const layout = layoutFor(configFile);
  const endsAt = performance.now() + briefMs;
  for (;;) {
    const holder = await lockHolder(paths.promotionLock(layout));
    if (!holder) return undefined;
    const id = await promotionOf(paths.promotions(layout), holder.process);
    if (id !== undefined) return { id, holder };
    if (performance.now() > endsAt) throw locked(holder);
    await delay(20);
  }
}

/** Who takes a replica in again for the control plane has the lock for a moment, and is no reason to refuse. */
const briefMs = 1_000;

/** Asks a promotion that is going on to take everything back, and watches how it does. */
export async function takeBackPromotion(context: CommandContext, running: RunningPromotion): Promise<PromotionResult> {
  const journal = journalOf(context, running.id);
  const from = await sizeOf(journal);
  interrupt(running.holder.process);
  return followPromotion({ journal, runner: running.holder.process, from, report: context.terminal.report });
}

/**
 * Lets a promotion that holds in the bake go on, and watches it.
 * @throws refusal `not-held`
 */
export async function continuePromotionThatHolds(
  context: CommandContext,
  running: RunningPromotion,
): Promise<PromotionResult> {
  const promotions = paths.promotions(layoutFor(context.configFile));
  const journal = journalOf(context, running.id);
  const request = await readJson(promotionFiles.request(join(promotions, running.id)), requestSchema);
  const step = lastStep(progressOf(await readJournal(journal)));
  if (!request?.hold || step !== 'bake') {
    throw refusal({
      code: 'not-held',
      message: `The promotion that is going on does not wait: it stands at the step "${step ?? 'preflight'}"${request?.hold ? '' : ' and was begun without --hold'}.`,
      remedy: 'Wait for it to end, or take it back with `understudy promote --abort`.',
    });
  }
  const from = await sizeOf(journal);
  await continueHeld(promotions, running.id, userInfo().username);
  return followPromotion({ journal, runner: running.holder.process, from, report: context.terminal.report });
}

/** Asks its process to take everything back. */
export function interrupt({ pid }: ProcessRef): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    // It has just ended: its last words are read all the same.
    if (!hasErrno(error, 'ESRCH')) throw error;
  }
}

export const journalOf = ({ configFile }: CommandContext, id: string) =>
  promotionFiles.journal(join(paths.promotions(layoutFor(configFile)), id));

/** @returns the refusal beside whoever holds the promotions' lock */
export const locked = ({ who, why, process, since }: LockHolder) =>
  refusal({
    code: 'locked',
    message: `${who} is at it: ${why} (process ${process.pid}, since ${since}).`,
    remedy: 'Wait for it to end; `understudy rollback` takes back a promotion that is not final yet.',
  });
