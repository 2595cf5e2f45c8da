import type { Notice } from '../platform/notifier.js';
import type { PromotionRequest } from './request.js';
import type { PromotionResult } from './result.js';

/** What people are told of a promotion or rollback that has ended. Undefined where nothing was changed. */
export function noticeOf(result: PromotionResult, request: Pick<PromotionRequest, 'by' | 'at'>): Notice | undefined {
  const end = endOf(result);
  if (!end) return undefined;
  const { edition, visitors, id, error } = result;
  return {
    ...end,
    where: 'prod',
    at: request.at,
    details: [
      `Asked for by ${request.by}; id ${id}.`,
      edition ? `Prod serves edition ${edition.id}: release ${edition.release}.` : 'Prod serves no edition.',
      `Visitors meanwhile: ${visitors.requests} requests, ${visitors.failed} failed.`,
      ...(error ? [`Why: ${error.message}${error.remedy === undefined ? '' : ` ${error.remedy}`}`] : []),
    ],
  };
}

type End = Pick<Notice, 'title' | 'visitorsSee' | 'toDo'>;

/** What each kind is called when it has come to its end. */
const ended: Readonly<Record<Exclude<PromotionResult['kind'], 'plan'>, string>> = {
  promote: 'Dev was promoted to prod',
  rollback: 'Prod was rolled back to earlier code',
  'sync-start': 'Prod follows dev from now on',
  'sync-stop': 'Prod is frozen again',
};
const called: typeof ended = {
  promote: 'A promotion',
  rollback: 'A rollback',
  'sync-start': 'The change to following dev',
  'sync-stop': 'The freezing of prod',
};

function endOf({ kind, outcome, edition, standsAt }: PromotionResult): End | undefined {
  if (kind === 'plan') return undefined;
  switch (outcome) {
    case 'promoted':
      return {
        title: edition ? `${ended[kind]}: edition ${edition.id}` : ended[kind],
        visitorsSee: kind === 'sync-start' ? 'What dev shows, seconds later.' : 'The new edition.',
        toDo: 'Nothing. `understudy rollback` takes the code back.',
      };
    case 'rolled-back':
      return {
        title: `${called[kind]} was taken back`,
        visitorsSee: 'What they saw before.',
        toDo: 'Mend what is told below, and try again.',
      };
    case 'failed':
      return {
        title: `${called[kind]} ${standsAt === null ? 'has failed' : `stands in between, at the step ${standsAt}`}`,
        visitorsSee: standsAt === null ? 'What they saw before.' : 'One whole edition: `understudy status` says which.',
        toDo:
          standsAt === null ? 'Mend what is told below, and try again.' : 'Decide: `promote --resume` or `--abort`.',
      };
    default:
      return undefined;
  }
}
