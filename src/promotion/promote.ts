import { join } from 'node:path';
import { toWire, UnderstudyError } from '../output/errors.js';
import type { Message, Report } from '../output/messages.js';
import type { Platform } from '../platform/platform.js';
import { identify, type ProcessRef } from '../process/identity.js';
import type { Site } from '../site/schema.js';
import { readJson, writeJson } from '../state/atomic-file.js';
import { acquireLock } from '../state/lock.js';
import { changesNothing } from './changes-nothing.js';
import type { PromotionFacts } from './facts.js';
import { refuseBesideInterrupted } from './history.js';
import { Journal, lastReading, lastStep, progressOf, readJournal } from './journal.js';
import { promotionSteps, readsDev } from './pipeline.js';
import { type PromotionRequest, promotionFiles, requestSchema } from './request.js';
import { outcomeOf, type PromotionResult, timingsOf } from './result.js';
import { type RunOutcome, runSteps } from './run-steps.js';
import { TrafficMeter } from './traffic-meter.js';

export interface PromoteOptions {
  /** The platform and the definition that is applied. What it throws ends the promotion like any other error. */
  readonly open: () => Promise<{ readonly platform: Platform; readonly site: Site }>;
  /** Of all promotions; this one's lies in it under its id. */
  readonly promotionsDir: string;
  readonly id: string;
  /** Held while it runs: one promotion at a time. */
  readonly lockFile: string;
  /** `run`: from the start. `resume`: on from where an earlier run stopped. `abort`: take it back. */
  readonly mode: 'run' | 'resume' | 'abort';
  /**
   * Throws if something that was cut off has left dev in between, so that it must not be read for prod. Asked under
   * the lock, and only before a run that reads dev: what takes prod back, or freezes it, is never held up by dev.
   */
  readonly requireWholeDev: () => Promise<void>;
  /** Aborted by whoever wants it taken back. */
  readonly signal: AbortSignal;
}

/**
 * Carries out a promotion that was asked for, from the first step to the last, or back. Everything it does stands in
 * its journal, which is how others watch it, and how a run after a crash knows where to go on.
 * Errors of the promotion are part of the result, not thrown.
 */
export async function promote(options: PromoteOptions): Promise<PromotionResult> {
  try {
    return await underLock(options);
  } catch (error) {
    return noteFailure(options, error);
  }
}

/**
 * Writes into the journal that this process gives up, for those who follow it. The promotion stands as it stood.
 */
export async function noteFailure(
  { promotionsDir, id, open }: Pick<PromoteOptions, 'promotionsDir' | 'id' | 'open'>,
  error: unknown,
): Promise<PromotionResult> {
  const dir = join(promotionsDir, id);
  const [request, entries, edition] = await Promise.all([
    readJson(promotionFiles.request(dir), requestSchema).catch(() => undefined),
    readJournal(promotionFiles.journal(dir)),
    open()
      .then(({ platform }) => platform.releases.currentEdition())
      .catch(() => undefined),
  ]);
  const step = lastStep(progressOf(entries));
  const result: PromotionResult = {
    id,
    kind: request?.kind ?? 'promote',
    outcome: error instanceof UnderstudyError && error.kind === 'refused' ? 'refused' : 'failed',
    edition: edition ?? null,
    steps: timingsOf(entries),
    visitors: lastReading(entries)?.sum ?? { requests: 0, failed: 0, longestGapMs: 0 },
    certificate: null,
    plan: null,
    error: toWire(error),
    standsAt: step === undefined || changesNothing(step) ? null : step,
  };
  const journal = await Journal.open(promotionFiles.journal(dir));
  await journal.write({ event: 'stopped', process: ownProcess(), result });
  await journal.close();
  return result;
}

function ownProcess(): ProcessRef {
  const own = identify(process.pid);
  if (!own) throw new Error('This process does not find itself in /proc.');
  return own;
}

async function underLock(options: PromoteOptions): Promise<PromotionResult> {
  const { promotionsDir, id, lockFile, mode, requireWholeDev } = options;
  const dir = join(promotionsDir, id);
  const request = await readJson(promotionFiles.request(dir), requestSchema);
  if (!request) throw new UnderstudyError({ code: 'promotion-unknown', message: `There is no promotion ${id}.` });
  const why = `${request.kind} ${id}, asked for by ${request.by}`;
  // A replica that is just being taken in again has it for a moment.
  const lock = await acquireLock(lockFile, { why, waitMs: 1_000 });
  try {
    if (mode === 'run') {
      await refuseBesideInterrupted(promotionsDir);
      if (readsDev(request.kind)) await requireWholeDev();
    }
    const journal = await Journal.open(promotionFiles.journal(dir));
    try {
      await journal.write({ event: 'begun', process: ownProcess(), mode });
      return await carryOut(options, request, journal, dir);
    } finally {
      await journal.close();
    }
  } finally {
    await lock.release();
  }
}

async function carryOut(
  { open, promotionsDir, id, mode, signal }: PromoteOptions,
  request: PromotionRequest,
  journal: Journal,
  dir: string,
): Promise<PromotionResult> {
  const { platform, site } = await open();
  // A message that cannot be written is lost, and nothing else.
  const report = (message: Message) => void journal.write({ event: 'message', message }).catch(() => undefined);
  const earlier = await readJournal(promotionFiles.journal(dir));
  const meter = new TrafficMeter(platform.traffic, lastReading(earlier));
  const over = new AbortController();
  const watching = meter.watch(over.signal, (reading) => {
    void journal.write({ event: 'visitors', reading }).catch(() => undefined);
  });
  const run = await runSteps({
    steps: promotionSteps(request, platform, promotionsDir),
    context: (stepSignal) => ({ platform, site, request, report: withinStep(report), signal: stepSignal }),
    journal,
    progress: progressOf(earlier),
    direction: mode === 'abort' ? 'back' : 'forward',
    signal,
    report,
  }).finally(async () => {
    over.abort();
    await watching;
  });
  const visitors = await meter.read().catch(() => meter.sum);
  const result: PromotionResult = {
    ...endOf(run, request),
    certificate: run.facts.certificate ? { ...run.facts.certificate, visitors } : null,
    id,
    edition: (await platform.releases.currentEdition()) ?? null,
    steps: timingsOf(await readJournal(promotionFiles.journal(dir))),
    visitors,
  };
  if (result.certificate) await writeJson(promotionFiles.certificate(dir), result.certificate);
  const event = result.standsAt === null ? 'ended' : 'stopped';
  await journal.write({ event, process: ownProcess(), result });
  return result;
}

/** What is done within a step is not a step: of its parts only what they found out is told. */
function withinStep(report: Report): Report {
  return (message) => {
    if (message.kind === 'start') return;
    if (message.kind !== 'end') return report(message);
    if (message.detail !== undefined) {
      report({ kind: 'note', level: 'info', text: `${message.title}: ${message.detail}` });
    }
  };
}

function endOf(run: RunOutcome<PromotionFacts>, { kind }: PromotionRequest) {
  return {
    kind,
    outcome: outcomeOf(run, kind),
    plan: run.facts.plan ?? null,
    error: run.outcome === 'done' ? null : run.error,
    standsAt: run.outcome === 'stuck' ? run.step : null,
  };
}
