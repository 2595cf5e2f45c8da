import { messageOf, refusal, toWire, type WireError } from '../output/errors.js';
import type { Report } from '../output/messages.js';
import { type Journal, lastStep, type Progress, type StepState } from './journal.js';
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
  readonly journal: Pick<Journal, 'write'>;
  /** What an earlier run of the same journal has done. */
  readonly progress: Progress;
  /** `forward` goes on where it stopped; `back` undoes. */
  readonly direction: 'forward' | 'back';
  /** Aborted by a person who wants it undone. */
  readonly signal: AbortSignal;
  /** How long the undo of one step may take. Default 40 min: it may have to clone a replica, which has 30. */
  readonly undoDeadlineMs?: number;
  readonly report: Report;
}

/** A run as it goes on. */
interface Run<Context, Facts extends object> extends RunOptions<Context, Facts> {
  readonly states: Map<string, StepState>;
  readonly facts: Partial<Facts>;
}

/**
 * Does the steps in order, writing each down before and after. When one fails, everything that was done is undone
 * in reverse. Nothing but this function undoes. Once an undo has begun, a later run of the same journal goes on with it.
 * @throws refusal `no-way-back` if it is to go back after an irreversible step has begun; nothing is written then
 */
export async function runSteps<Context, Facts extends object>(
  options: RunOptions<Context, Facts>,
): Promise<RunOutcome<Facts>> {
  const { steps, progress, direction, signal } = options;
  const run = { ...options, states: new Map(progress.steps), facts: { ...progress.facts } as Partial<Facts> };
  if (direction === 'back' || progress.undoing) {
    refusePastNoReturn(run);
    const error = { code: 'aborted', message: 'It was taken back on request.', kind: 'failed' } as const;
    return takeBack(run, lastStep(progress) ?? '', error);
  }
  const context = options.context(signal);
  let reached = '';
  for (const step of steps) {
    if (run.states.get(step.id) === 'done') continue;
    if (run.states.has(step.id)) reached = step.id;
    const error = await doStep(run, step.irreversible ? options.context(never) : context, step);
    if (run.states.has(step.id)) reached = step.id;
    if (!error) continue;
    if (hasPassedNoReturn(run)) return { outcome: 'stuck', step: step.id, error, facts: run.facts };
    return takeBack(run, reached, error);
  }
  return { outcome: 'done', facts: run.facts };
}

const never = new AbortController().signal;

function hasPassedNoReturn<Context, Facts extends object>({ steps, states }: Run<Context, Facts>): boolean {
  return steps.some(({ id, irreversible }) => irreversible && states.has(id));
}

function refusePastNoReturn<Context, Facts extends object>(run: Run<Context, Facts>): void {
  if (!hasPassedNoReturn(run)) return;
  throw refusal({
    code: 'no-way-back',
    message: 'It has been made final already, at least in part: there is nothing to go back to.',
    remedy: 'Finish it with `understudy promote --resume`; `understudy rollback` then goes back to earlier code.',
  });
}

/** @returns why it came to no end */
async function doStep<Context, Facts extends object>(
  run: Run<Context, Facts>,
  context: Context,
  step: Step<Context, Facts>,
): Promise<WireError | undefined> {
  const { journal, report, signal, states, facts } = run;
  const ms = stopwatch();
  report({ kind: 'start', task: step.id, title: step.title });
  try {
    if (!hasPassedNoReturn(run)) signal.throwIfAborted();
    await step.check?.(context, facts);
    await journal.write({ event: 'doing', step: step.id });
    states.set(step.id, 'doing');
    facts[step.id] = await step.do(context, facts);
    await step.verify?.(context, facts);
    await journal.write({ event: 'done', step: step.id, ms: ms(), facts: facts[step.id] ?? null });
    states.set(step.id, 'done');
    report({ kind: 'end', task: step.id, title: step.title, outcome: 'done', ms: ms() });
    return undefined;
  } catch (thrown) {
    const isInterrupted = signal.aborted && !hasPassedNoReturn(run);
    const error = isInterrupted
      ? { code: 'interrupted', message: messageOf(signal.reason), kind: 'failed' as const }
      : toWire(thrown);
    await journal.write({ event: 'failed', step: step.id, ms: ms(), error });
    report({ kind: 'end', task: step.id, title: step.title, outcome: 'failed', ms: ms(), detail: error.message });
    return error;
  }
}

/** Undoes, in reverse, what has begun and is not undone yet. */
async function takeBack<Context, Facts extends object>(
  run: Run<Context, Facts>,
  failedStep: string,
  error: WireError,
): Promise<RunOutcome<Facts>> {
  const { steps, states, facts } = run;
  for (const step of steps.toReversed()) {
    const state = states.get(step.id);
    if (!step.undo || state === undefined || state === 'undone') continue;
    const undoError = await undoStep(run, step, step.undo.bind(step));
    if (undoError) return { outcome: 'stuck', step: step.id, error: undoError, facts };
  }
  return { outcome: 'undone', step: failedStep, error, facts };
}

async function undoStep<Context, Facts extends object>(
  { journal, report, states, facts, context: contextFor, undoDeadlineMs = 40 * 60_000 }: Run<Context, Facts>,
  step: Step<Context, Facts>,
  undo: NonNullable<Step<Context, Facts>['undo']>,
): Promise<WireError | undefined> {
  const ms = stopwatch();
  const task = `undo-${step.id}`;
  const title = `Undo: ${step.title}`;
  const context = contextFor(AbortSignal.timeout(undoDeadlineMs));
  report({ kind: 'start', task, title });
  try {
    await step.checkUndo?.(context, facts);
    await journal.write({ event: 'undoing', step: step.id });
    await undo(context, facts);
    await journal.write({ event: 'undone', step: step.id, ms: ms() });
    states.set(step.id, 'undone');
    report({ kind: 'end', task, title, outcome: 'done', ms: ms() });
    return undefined;
  } catch (thrown) {
    const error = toWire(thrown);
    await journal.write({ event: 'undo-failed', step: step.id, ms: ms(), error });
    report({ kind: 'end', task, title, outcome: 'failed', ms: ms(), detail: error.message });
    return error;
  }
}

function stopwatch(): () => number {
  const started = performance.now();
  return () => Math.round(performance.now() - started);
}
