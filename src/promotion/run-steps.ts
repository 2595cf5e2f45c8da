import { messageOf, toWire, type WireError } from '../output/errors.js';
import type { Report } from '../output/messages.js';
import type { Journal, Progress } from './journal.js';
import type { Step } from './step.js';

/** How a run of steps ended. */
export type RunOutcome<Facts> =
  | { readonly outcome: 'done'; readonly facts: Partial<Facts> }
  /** It failed or was interrupted, and everything was taken back. `step` is the last that had begun; `` if none had. */
  | { readonly outcome: 'undone'; readonly step: string; readonly error: WireError; readonly facts: Partial<Facts> }
  /** It stands in between: an undo failed, or a step after the point of no return did. It can be resumed. */
  | { readonly outcome: 'stuck'; readonly step: string; readonly error: WireError; readonly facts: Partial<Facts> };

export interface StepTiming {
  readonly id: string;
  readonly outcome: 'done' | 'failed' | 'undone' | 'undo-failed';
  readonly ms: number;
}

export interface RunOptions<Context, Facts extends object> {
  readonly steps: readonly Step<Context, Facts>[];
  /** Made anew for each direction, so that an undo does not inherit the signal that stopped the doing. */
  readonly context: (signal: AbortSignal) => Context;
  readonly journal: Journal;
  /** What an earlier run of the same journal has done. */
  readonly progress: Progress;
  /** `forward` goes on where it stopped; `back` undoes. */
  readonly direction: 'forward' | 'back';
  /** Aborted by a person who wants it undone. */
  readonly signal: AbortSignal;
  /** How long the undo of one step may take. Default 5 min: it may have to clone a replica. */
  readonly undoDeadlineMs?: number;
  readonly report: Report;
}

/**
 * Does the steps in order, writing each down before and after. When one fails, everything that was done is undone
 * in reverse. Nothing but this function undoes.
 */
export async function runSteps<Context, Facts extends object>(
  options: RunOptions<Context, Facts>,
): Promise<RunOutcome<Facts>> {
  const { steps, progress } = options;
  const facts = Object.fromEntries(progress.done) as Partial<Facts>;
  if (options.direction === 'back' || progress.undoing) {
    const error = { code: 'aborted', message: 'The promotion was taken back on request.', kind: 'failed' } as const;
    return takeBack(options, facts, progress.unfinished ?? [...progress.done.keys()].at(-1) ?? '', error);
  }
  const context = options.context(options.signal);
  for (const step of steps) {
    if (progress.done.has(step.id)) continue;
    const failure = await doStep(options, context, step, facts);
    if (!failure) continue;
    const index = steps.indexOf(step);
    if (steps.slice(0, index + 1).some((one) => one.irreversible)) {
      return { outcome: 'stuck', step: step.id, error: failure.error, facts };
    }
    return takeBack(options, facts, failure.began ? step.id : (steps[index - 1]?.id ?? ''), failure.error);
  }
  return { outcome: 'done', facts };
}

async function doStep<Context, Facts extends object>(
  { journal, report, signal }: RunOptions<Context, Facts>,
  context: Context,
  step: Step<Context, Facts>,
  facts: Partial<Facts>,
): Promise<{ error: WireError; began: boolean } | undefined> {
  let began = false;
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  report({ kind: 'start', task: step.id, title: step.title });
  try {
    signal.throwIfAborted();
    await step.check?.(context, facts);
    await journal.write({ event: 'doing', step: step.id });
    began = true;
    facts[step.id] = await step.do(context, facts);
    await step.verify?.(context, facts);
    await journal.write({ event: 'done', step: step.id, ms: ms(), facts: facts[step.id] ?? null });
    report({ kind: 'end', task: step.id, title: step.title, outcome: 'done', ms: ms() });
    return undefined;
  } catch (thrown) {
    const error = signal.aborted
      ? { code: 'interrupted', message: messageOf(signal.reason), kind: 'failed' as const }
      : toWire(thrown);
    await journal.write({ event: 'failed', step: step.id, ms: ms(), error });
    report({ kind: 'end', task: step.id, title: step.title, outcome: 'failed', ms: ms(), detail: error.message });
    return { error, began };
  }
}

async function takeBack<Context, Facts extends object>(
  options: RunOptions<Context, Facts>,
  facts: Partial<Facts>,
  failedStep: string,
  error: WireError,
): Promise<RunOutcome<Facts>> {
  const { steps, journal, report, undoDeadlineMs = 300_000 } = options;
  const last = steps.findIndex((step) => step.id === failedStep);
  for (const step of steps.slice(0, last + 1).reverse()) {
    if (!step.undo) continue;
    const started = performance.now();
    const ms = () => Math.round(performance.now() - started);
    const title = `Undo: ${step.title}`;
    await journal.write({ event: 'undoing', step: step.id });
    report({ kind: 'start', task: `undo-${step.id}`, title });
    try {
      await step.undo(options.context(AbortSignal.timeout(undoDeadlineMs)), facts);
      await journal.write({ event: 'undone', step: step.id, ms: ms() });
      report({ kind: 'end', task: `undo-${step.id}`, title, outcome: 'done', ms: ms() });
    } catch (thrown) {
      const undoError = toWire(thrown);
      await journal.write({ event: 'undo-failed', step: step.id, ms: ms(), error: undoError });
      report({ kind: 'end', task: `undo-${step.id}`, title, outcome: 'failed', ms: ms(), detail: undoError.message });
      return { outcome: 'stuck', step: step.id, error: undoError, facts };
    }
  }
  return { outcome: 'undone', step: failedStep, error, facts };
}
