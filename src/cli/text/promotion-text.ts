import type { ChangeGroup, FileChanges } from '../../platform/releases.js';
import { isEmptyPlan } from '../../promotion/empty-plan.js';
import type { PromotionPlan } from '../../promotion/facts.js';
import type { PromotionResult } from '../../promotion/result.js';
import { seconds } from '../terminal.js';
import { colors } from './colors.js';
import { contentLines } from './content-text.js';
import { columns } from './table.js';

/** What a promotion would change. */
export function planText({ plan }: PromotionResult, details = false): string {
  if (!plan) return 'There is no plan.';
  return [
    `Plan ${colors.bold(plan.hash)}: release ${plan.release}${plan.position === null ? '' : ` at position ${plan.position}`}, ${plan.replaces === null ? 'the first edition' : `in place of edition ${plan.replaces}`}`,
    columns(rowsOf(plan)),
    ...(plan.files.groups.length > 0 ? [columns(plan.files.groups.map(groupRow), 4)] : []),
    ...(plan.content.changes ? contentLines(plan.content.changes, details) : []),
    ...(isEmptyPlan(plan) ? ['There is nothing to promote.'] : []),
    ...plan.problems.map(
      ({ severity, text, remedy }) =>
        `${severity === 'error' ? colors.red('✖') : colors.yellow('!')} ${text}${remedy ? `\n  ${remedy}` : ''}`,
    ),
    `It will take about ${seconds(plan.estimateMs)}. To do exactly this: understudy promote --plan-hash ${plan.hash}`,
  ].join('\n');
}

function rowsOf({ files, media, content, configurationChanged }: PromotionPlan): string[][] {
  const { transactions } = content;
  const counted = `${transactions} ${transactions === 1 ? 'transaction' : 'transactions'}`;
  return [
    ['code', changesText(files)],
    ['media', changesText(media)],
    ['content', transactions === 0 ? 'unchanged' : `${counted} in dev's database`],
    ...(configurationChanged ? [['configuration', "prod's own has changed"]] : []),
  ];
}

function changesText({ added, changed, deleted }: FileChanges): string {
  const parts = [
    [added, 'added'],
    [changed, 'changed'],
    [deleted, 'deleted'],
  ] as const;
  const told = parts.filter(([list]) => list.length > 0).map(([list, word]) => `${list.length} ${word}${few(list)}`);
  const bytes = [...added, ...changed].reduce((sum, { to }) => sum + to, 0);
  return told.length === 0 ? 'unchanged' : `${told.join(', ')}${bytes > 0 ? `, ${sizeText(bytes)}` : ''}`;
}

/** "plugins/greeting", "1.0 → 1.1", "1 added, 2 changed", "12 KB". */
function groupRow({ id, from, to, added, changed, deleted, bytes }: ChangeGroup): string[] {
  const counts = [
    [added, 'added'],
    [changed, 'changed'],
    [deleted, 'deleted'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return [id, versionsText(from, to), told.join(', '), bytes > 0 ? sizeText(bytes) : ''];
}

function versionsText(from: string | undefined, to: string | undefined): string {
  if (from === to) return from ?? '';
  if (from === undefined) return `new: ${to}`;
  return to === undefined ? `${from} removed` : `${from} → ${to}`;
}

function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const few = (list: FileChanges['added']) => (list.length <= 3 ? ` (${list.map(({ path }) => path).join(', ')})` : '');

/** How a promotion or a rollback ended. */
export function resultText(result: PromotionResult): string {
  const { kind, outcome, visitors, error, steps, standsAt } = result;
  const serves = servesText(result);
  const took = seconds(steps.reduce((sum, { ms }) => sum + ms, 0));
  const asked = `Visitors meanwhile: ${visitors.requests} requests, ${visitors.failed} failed.`;
  const why = error ? `${error.message}${error.remedy ? `\n  ${error.remedy}` : ''}` : '';
  switch (outcome) {
    case 'promoted':
    case 'planned':
      return `${colors.green(doneWords[kind])} in ${took}. ${serves}\n${asked}`;
    case 'rolled-back':
      return `${colors.yellow('Taken back')}: ${why}\n${serves}\n${asked}`;
    case 'refused':
      return `${colors.red('Refused')}: ${why}\n${serves}`;
    case 'failed':
      return standsAt === null
        ? `${colors.red('Failed')}: ${why}\nNothing was changed. ${serves}`
        : `${colors.red('Stopped in between')}, at the step "${standsAt}": ${why}\n${serves}\n${waysOn}`;
  }
}

const doneWords: Readonly<Record<PromotionResult['kind'], string>> = {
  promote: 'Promoted',
  plan: 'Promoted',
  rollback: 'Rolled back',
  'sync-start': 'Prod follows dev. Done',
  'sync-stop': 'Prod is frozen. Done',
};

const waysOn = 'Finish it with `understudy promote --resume`, or take it back with `understudy promote --abort`.';

function servesText({ edition }: PromotionResult): string {
  if (!edition) return 'Prod serves nothing yet.';
  const position = edition.position === undefined ? '' : `, position ${edition.position}`;
  return `Prod serves edition ${edition.id} (release ${edition.release}${position}).`;
}
