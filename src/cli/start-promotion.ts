import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverEnvironment } from '../local/control-plane/server-environment.js';
import { layoutFor, paths } from '../local/layout.js';
import { startDaemon } from '../process/daemon.js';
import { followPromotion } from '../promotion/follow.js';
import { type PromotionRequest, promotionFiles } from '../promotion/request.js';
import type { PromotionResult } from '../promotion/result.js';
import { writeJson } from '../state/atomic-file.js';
import { sizeOf } from '../state/size-of.js';
import type { CommandContext } from './command.js';
import { interrupt, journalOf, locked, runningPromotion } from './running-promotion.js';

export type NewPromotion = Omit<PromotionRequest, 'id' | 'by' | 'at'>;

/**
 * Asks for a promotion, which a process of its own carries out, and watches it to its end. Ctrl-C asks that process
 * to take everything back, and goes on watching; if this process is lost, the promotion goes on all the same.
 */
export async function startPromotion(context: CommandContext, wanted: NewPromotion): Promise<PromotionResult> {
  const layout = layoutFor(context.configFile);
  await refuseWhileOneRuns(context.configFile);
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
  await refuseWhileOneRuns(context.configFile);
  return runAndFollow(context, id, mode);
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

async function refuseWhileOneRuns(configFile: string): Promise<void> {
  const running = await runningPromotion(configFile);
  if (running) throw locked(running.holder);
}
