import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasErrno, refusal, toWire, UnderstudyError } from '../output/errors.js';
import type { Message } from '../output/messages.js';
import type { Platform } from '../platform/platform.js';
import { identify } from '../process/identity.js';
import type { Site } from '../site/schema.js';
import { readJson, writeJson } from '../state/atomic-file.js';
import { acquireLock } from '../state/lock.js';
import { Journal, progressOf, readJournal } from './journal.js';
import { promotionSteps } from './pipeline.js';
import { type PromotionRequest, promotionFiles, requestSchema } from './request.js';
import { outcomeOf, type PromotionResult, timingsOf } from './result.js';
import { runSteps } from './run-steps.js';

export interface PromoteOptions {
  readonly platform: Platform;
  readonly site: Site;
  /** Of all promotions; this one's lies in it under its id. */
  readonly promotionsDir: string;
  readonly id: string;
  /** Held while it runs: one promotion at a time. */
  readonly lockFile: string;
  /** `run`: from the start. `resume`: on from where an earlier run stopped. `abort`: take it back. */
  readonly mode: 'run' | 'resume' | 'abort';
  /** Aborted by whoever wants it taken back. */
  readonly signal: AbortSignal;
}

/**
 * Carries out a promotion that was asked for, from the first step to the last, or back. Everything it does stands in
 * its journal, which is how others watch it, and how a run after a crash knows where to go on.
 * Errors of the promotion are part of the result, not thrown.
 */
export async function promote(options: PromoteOptions): Promise<PromotionResult> {
  const { promotionsDir, id, mode } = options;
  const dir = join(promotionsDir, id);
  const request = await readJson(promotionFiles.request(dir), requestSchema);
  if (!request) throw new UnderstudyError({ code: 'promotion-unknown', message: `There is no promotion ${id}.` });
  const journal = await Journal.open(promotionFiles.journal(dir));
  try {
    const begun = identify(process.pid);
    await journal.write({ event: 'begun', process: begun ?? { pid: process.pid, startTime: 0, bootId: '' }, mode });
    const result = await underLock(options, request, journal, dir).catch(
      (error): PromotionResult => ({
        ...nothingDone(id),
        outcome: error instanceof UnderstudyError && error.kind === 'refused' ? 'refused' : 'failed',
        error: toWire(error),
      }),
    );
    if (result.certificate) await writeJson(promotionFiles.certificate(dir), result.certificate);
    await journal.write(result.outcome === 'failed' ? { event: 'stopped', result } : { event: 'ended', result });
    return result;
  } finally {
    await journal.close();
  }
}

const nothingDone = (id: string) => ({
  id,
  edition: null,
  steps: [],
  visitors: { requests: 0, failed: 0 },
  certificate: null,
  plan: null,
});

async function underLock(
  options: PromoteOptions,
  request: PromotionRequest,
  journal: Journal,
  dir: string,
): Promise<PromotionResult> {
  const { platform, site, promotionsDir, id, lockFile, mode, signal } = options;
  const lock = await acquireLock(lockFile, { why: `${request.kind} ${id}, asked for by ${request.by}` });
  const report = (message: Message) => void journal.write({ event: 'message', message });
  try {
    if (mode === 'run') await refuseBesideInterrupted(promotionsDir, id);
    const before = await platform.traffic.counters('prod');
    const steps = promotionSteps(request, platform, promotionsDir);
    const run = await runSteps({
      steps,
      context: (stepSignal) => ({ platform, site, request, report, signal: stepSignal }),
      journal,
      progress: progressOf(await readJournal(promotionFiles.journal(dir))),
      direction: mode === 'abort' ? 'back' : 'forward',
      signal,
      report,
    });
    const after = await platform.traffic.counters('prod');
    return {
      id,
      outcome: outcomeOf(run, request.kind === 'plan'),
      edition: (await platform.releases.currentEdition()) ?? null,
      steps: timingsOf(await readJournal(promotionFiles.journal(dir))),
      visitors: {
        requests: Math.max(0, after.requests - before.requests),
        failed: Math.max(0, after.failed - before.failed),
      },
      certificate: run.facts.certificate ?? null,
      plan: run.facts.plan ?? null,
      error: run.outcome === 'done' ? null : run.error,
    };
  } finally {
    await lock.release();
  }
}

/** A promotion that was cut off may have left prod in between: it is dealt with before another begins. */
async function refuseBesideInterrupted(promotionsDir: string, id: string): Promise<void> {
  const interrupted = await interruptedPromotion(promotionsDir, id);
  if (!interrupted) return;
  throw refusal({
    code: 'promotion-interrupted',
    message: `Promotion ${interrupted.id} was cut off at the step "${interrupted.step}".`,
    remedy: 'Finish it with `understudy promote --resume`, or take it back with `understudy promote --abort`.',
  });
}

/** The newest promotion that began to change something and came to no end. Whether it still runs, the lock tells. */
export async function interruptedPromotion(
  promotionsDir: string,
  except?: string,
): Promise<{ readonly id: string; readonly step: string } | undefined> {
  for (const id of (await promotionIds(promotionsDir)).reverse()) {
    if (id === except) continue;
    const { done, unfinished, ended } = progressOf(await readJournal(promotionFiles.journal(join(promotionsDir, id))));
    const step = unfinished ?? [...done.keys()].at(-1);
    if (ended === undefined && step !== undefined && changesProd(step)) return { id: basename(id), step };
  }
  return undefined;
}

/** Up to the plan nothing but a new release has been made, which the next staging uses. */
const changesProd = (step: string) => !['preflight', 'stage', 'plan'].includes(step);

/** Oldest first: an id begins with the time at which it was asked for. */
export async function promotionIds(promotionsDir: string): Promise<string[]> {
  try {
    return (await readdir(promotionsDir)).filter((name) => /^\d{8}T/.test(name)).sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
