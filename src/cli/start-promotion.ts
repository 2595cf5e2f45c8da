import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverEnvironment } from '../local/control-plane/ensure.js';
import { layoutFor, paths } from '../local/layout.js';
import { hasErrno, refusal } from '../output/errors.js';
import { startDaemon } from '../process/daemon.js';
import type { ProcessRef } from '../process/identity.js';
import { followPromotion } from '../promotion/follow.js';
import { promotionOf } from '../promotion/history.js';
import { continueHeld } from '../promotion/hold.js';
import { lastStep, progressOf, readJournal } from '../promotion/journal.js';
import { type PromotionRequest, promotionFiles, requestSchema } from '../promotion/request.js';
import type { PromotionResult } from '../promotion/result.js';
import { readJson, writeJson } from '../state/atomic-file.js';
import { type LockHolder, lockHolder } from '../state/lock.js';
import type { CommandContext } from './command.js';

export type NewPromotion = Omit<PromotionRequest, 'id' | 'by' | 'at'>;

/**
 * Asks for a promotion, which a process of its own carries out, and watches it to its end. Ctrl-C asks that process
 * to take everything back, and goes on watching; if this process is lost, the promotion goes on all the same.
 */
export async function startPromotion(context: CommandContext, wanted: NewPromotion): Promise<PromotionResult> {
  const layout = layoutFor(context.configFile);
  await refuseWhileOneRuns(paths.promotionLock(layout));
  const now = new Date();
  const id = `${now.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')}-${process.pid}`;
  const request: PromotionRequest = { ...wanted, id, by: userInfo().username, at: now.toISOString() };
  await writeJson(promotionFiles.request(join(paths.promotions(layout), id)), request);
  return runAndFollow(context, id, 'run');
}

/** Goes on with a promotion that was cut off, in either direction, and watches it. */
export async function continuePromotion(
  context: CommandContext,
  id: string,
  mode: 'resume' | 'abort',
): Promise<PromotionResult> {
  await refuseWhileOneRuns(paths.promotionLock(layoutFor(context.configFile)));
  return runAndFollow(context, id, mode);
}

export interface RunningPromotion {
  readonly id: string;
  readonly process: ProcessRef;
}

/**
 * The promotion that is going on; undefined if none is.
 * @throws refusal `locked` if something else that excludes promotions is going on
 */
export async function runningPromotion(configFile: string): Promise<RunningPromotion | undefined> {
  const layout = layoutFor(configFile);
  const holder = await lockHolder(paths.promotionLock(layout));
  if (!holder) return undefined;
  const id = await promotionOf(paths.promotions(layout), holder.process);
  if (id === undefined) throw locked(holder);
  return { id, process: holder.process };
}

/** Asks a promotion that is going on to take everything back, and watches how it does. */
export async function takeBackPromotion(context: CommandContext, running: RunningPromotion): Promise<PromotionResult> {
  const journal = journalOf(context, running.id);
  const from = await sizeOf(journal);
  interrupt(running.process);
  return followPromotion({ journal, runner: running.process, from, report: context.terminal.report });
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
  return followPromotion({ journal, runner: running.process, from, report: context.terminal.report });
}

async function runAndFollow(
  context: CommandContext,
  id: string,
  mode: 'run' | 'resume' | 'abort',
): Promise<PromotionResult> {
  const { configFile, terminal, signal } = context;
  const journal = journalOf(context, id);
  const from = await sizeOf(journal);
  const runner = await startDaemon({
    program: process.execPath,
    args: [fileURLToPath(new URL('./promotion-runner.js', import.meta.url)), configFile, id, mode],
    cwd: '/',
    logFile: promotionFiles.log(join(journal, '..')),
    env: serverEnvironment(),
  });
  const onAbort = () => interrupt(runner);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    return await followPromotion({ journal, runner, from, report: terminal.report });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function interrupt({ pid }: ProcessRef): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    // It has just ended: its last words are read all the same.
    if (!hasErrno(error, 'ESRCH')) throw error;
  }
}

const journalOf = ({ configFile }: CommandContext, id: string) =>
  promotionFiles.journal(join(paths.promotions(layoutFor(configFile)), id));

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return 0;
    throw error;
  }
}

async function refuseWhileOneRuns(lockFile: string): Promise<void> {
  const holder = await lockHolder(lockFile);
  if (holder) throw locked(holder);
}

const locked = ({ who, why, process, since }: LockHolder) =>
  refusal({
    code: 'locked',
    message: `${who} is at it: ${why} (process ${process.pid}, since ${since}).`,
    remedy: 'Wait for it to end; `understudy rollback` takes back a promotion that is not final yet.',
  });
