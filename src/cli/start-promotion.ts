import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverEnvironment } from '../local/control-plane/ensure.js';
import { layoutFor, paths } from '../local/layout.js';
import { refusal } from '../output/errors.js';
import { startDaemon } from '../process/daemon.js';
import { followPromotion } from '../promotion/follow.js';
import { type PromotionRequest, promotionFiles } from '../promotion/request.js';
import type { PromotionResult } from '../promotion/result.js';
import { writeJson } from '../state/atomic-file.js';
import { lockHolder } from '../state/lock.js';
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

/** Who runs the promotion that is going on; undefined if none is. */
export function runningPromotion(configFile: string) {
  return lockHolder(paths.promotionLock(layoutFor(configFile)));
}

async function runAndFollow(
  { configFile, terminal, signal }: CommandContext,
  id: string,
  mode: 'run' | 'resume' | 'abort',
): Promise<PromotionResult> {
  const dir = join(paths.promotions(layoutFor(configFile)), id);
  const journal = promotionFiles.journal(dir);
  const from = await stat(journal).then(
    ({ size }) => size,
    () => 0,
  );
  const runner = await startDaemon({
    program: process.execPath,
    args: [fileURLToPath(new URL('./promotion-runner.js', import.meta.url)), configFile, id, mode],
    cwd: '/',
    logFile: promotionFiles.log(dir),
    env: serverEnvironment(),
  });
  const interrupt = () => process.kill(runner.pid, 'SIGINT');
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    if (signal.aborted) interrupt();
    return await followPromotion({ journal, from, report: terminal.report });
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

async function refuseWhileOneRuns(lockFile: string): Promise<void> {
  const holder = await lockHolder(lockFile);
  if (!holder) return;
  throw refusal({
    code: 'locked',
    message: `${holder.who} is at it: ${holder.why} (process ${holder.process.pid}, since ${holder.since}).`,
    remedy: 'Wait for it to end; `understudy rollback` takes one back that is still being watched.',
  });
}
