import type { WireError } from '../output/errors.js';
import type { Edition } from '../platform/edition.js';
import { changesNothing } from './changes-nothing.js';
import type { Certificate, PromotionFacts, PromotionPlan } from './facts.js';
import type { JournalEntry } from './journal.js';
import type { PromotionRequest } from './request.js';
import type { RunOutcome, StepTiming } from './run-steps.js';
import type { VisitorCounts } from './traffic-meter.js';

/** What `promote --json` and `rollback --json` print. */
export interface PromotionResult {
  readonly id: string;
  /** What was asked for. */
  readonly kind: PromotionRequest['kind'];
  readonly outcome: 'promoted' | 'rolled-back' | 'failed' | 'refused' | 'planned';
  /** What prod serves now. */
  readonly edition: Edition | null;
  readonly steps: readonly StepTiming[];
  /** What visitors of prod asked since it began, and how much of it failed: over all runs, and between them. */
  readonly visitors: VisitorCounts;
  readonly certificate: Certificate | null;
  readonly plan: PromotionPlan | null;
  /** Why it did not come to its end. */
  readonly error: WireError | null;
  /** The step at which it stands in between, and waits for `--resume` or `--abort`; null if it is over. */
  readonly standsAt: string | null;
}

/**
 * `promoted`: the new edition is in prod, for a rollback the one with the earlier code. `refused`: a precondition did
 * not hold, and nothing was changed. `rolled-back`: something had been done and was taken back. `failed`: either it
 * failed before anything was changed, or it stands in between.
 */
export function outcomeOf(run: RunOutcome<PromotionFacts>, kind: PromotionRequest['kind']): PromotionResult['outcome'] {
  if (run.outcome === 'done') return kind === 'plan' ? 'planned' : 'promoted';
  if (run.outcome === 'stuck') return 'failed';
  if (!changesNothing(run.step)) return 'rolled-back';
  return run.error.kind === 'refused' ? 'refused' : 'failed';
}

/** How long every step took, over all runs of a journal. */
export function timingsOf(entries: readonly JournalEntry[]): readonly StepTiming[] {
  const timings: StepTiming[] = [];
  for (const entry of entries) {
    switch (entry.event) {
      case 'done':
      case 'failed':
      case 'undone':
      case 'undo-failed':
        timings.push({ id: entry.step, outcome: entry.event, ms: entry.ms });
    }
  }
  return timings;
}
