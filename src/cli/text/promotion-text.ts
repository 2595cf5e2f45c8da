import type { FileChanges } from '../../platform/releases.js';
import type { PromotionPlan } from '../../promotion/facts.js';
import type { PromotionResult } from '../../promotion/result.js';
import { seconds } from '../terminal.js';
import { colors } from './colors.js';
import { columns } from './table.js';

/** What a promotion would change. */
export function planText({ plan }: PromotionResult): string {
  if (!plan) return 'There is no plan.';
  return [
    `Plan ${colors.bold(plan.hash)}: release ${plan.release}${plan.position === null ? '' : ` at position ${plan.position}`}, ${plan.replaces === null ? 'the first edition' : `in place of edition ${plan.replaces}`}`,
    columns(rowsOf(plan)),
    ...plan.problems.map(
      ({ severity, text }) => `${severity === 'error' ? colors.red('✖') : colors.yellow('!')} ${text}`,
    ),
    `It will take about ${seconds(plan.estimateMs)}. To do exactly this: understudy promote --plan-hash ${plan.hash}`,
  ].join('\n');
}

function rowsOf({ files, media, content }: PromotionPlan): string[][] {
  return [
    ['code', changesText(files)],
    ['media', changesText(media)],
    ['content', content.transactions === 0 ? 'unchanged' : `${content.transactions} transactions in dev's database`],
  ];
}

function changesText({ added, changed, deleted }: FileChanges): string {
  const parts = [
    [added, 'added'],
    [changed, 'changed'],
    [deleted, 'deleted'],
  ] as const;
  const told = parts.filter(([list]) => list.length > 0).map(([list, word]) => `${list.length} ${word}${few(list)}`);
  return told.join(', ') || 'unchanged';
}

const few = (list: FileChanges['added']) => (list.length <= 3 ? ` (${list.map(({ path }) => path).join(', ')})` : '');

/** How a promotion or a rollback ended. */
export function resultText({ outcome, edition, visitors, error, steps }: PromotionResult): string {
  const serves = edition
    ? `Prod serves edition ${edition.id} (release ${edition.release}${edition.position === undefined ? '' : `, position ${edition.position}`}).`
    : 'Prod serves nothing yet.';
  const took = seconds(steps.reduce((sum, { ms }) => sum + ms, 0));
  const asked = `Visitors meanwhile: ${visitors.requests} requests, ${visitors.failed} failed.`;
  const why = error ? `${error.message}${error.remedy ? `\n  ${error.remedy}` : ''}` : '';
  switch (outcome) {
    case 'promoted':
      return `${colors.green('Promoted')} in ${took}. ${serves}\n${asked}`;
    case 'rolled-back':
      return `${colors.yellow('Taken back')}: ${why}\n${serves}\n${asked}`;
    case 'refused':
      return `${colors.red('Refused')}: ${why}\n${serves}`;
    default:
      return `${colors.red('Stopped in between')}: ${why}\n${serves}\nFinish it with \`understudy promote --resume\`, or take it back with \`understudy promote --abort\`.`;
  }
}
