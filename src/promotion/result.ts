import type { WireError } from '../output/errors.js';
import type { Edition } from '../platform/edition.js';
import type { Certificate, PromotionFacts, PromotionPlan } from './facts.js';
import type { JournalEntry } from './journal.js';
import type { RunOutcome, StepTiming } from './run-steps.js';

/** What `promote --json` prints. */
export interface PromotionResult {
  readonly id: string;
  readonly outcome: 'promoted' | 'rolled-back' | 'failed' | 'refused' | 'planned';
  /** What prod serves now. */
  readonly edition: Edition | null;
  readonly steps: readonly StepTiming[];
  /** What visitors of prod asked while it ran, and how much of it failed. */
  readonly visitors: { readonly requests: number; readonly failed: number };
  readonly certificate: Certificate | null;
  readonly plan: PromotionPlan | null;
  /** Why it did not come to its end. */
  readonly error: WireError | null;
}

/**
 * `refused`: a precondition did not hold, and nothing was changed. `rolled-back`: something had been done and was
 * taken back. `failed`: it stands in between, and waits for `promote --resume` or `--abort`.
 */
export function outcomeOf(run: RunOutcome<PromotionFacts>, isPlan: boolean): PromotionResult['outcome'] {
  if (run.outcome === 'done') return isPlan ? 'planned' : 'promoted';
  if (run.outcome === 'stuck') return 'failed';
  return run.error.kind === 'refused' && run.facts.media === undefined ? 'refused' : 'rolled-back';
}

/** How long every step took, over all runs of a journal. */
export function timingsOf(entries: readonly JournalEntry[]): readonly StepTiming[] {
  const timings: StepTiming[] = [];
  for (const entry of entries) {
    if (
      entry.event === 'done' ||
      entry.event === 'failed' ||
      entry.event === 'undone' ||
      entry.event === 'undo-failed'
    ) {
      timings.push({ id: entry.step, outcome: entry.event, ms: entry.ms });
    }
  }
  return timings;
}
