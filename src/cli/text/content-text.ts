import type { ContentChanges, ToldChange } from '../../content/wordpress/changes.js';
import { colors } from './colors.js';
import { columns } from './table.js';

/** As many as fit on a screen beside the rest of a plan. */
const shortList = 12;

/** What changes in the content, in WordPress's words; the longest lists are cut unless details are asked for. */
export function contentLines(changes: ContentChanges, details: boolean): readonly string[] {
  const shown = details ? changes.told : changes.told.slice(0, shortList);
  const left = changes.told.length - shown.length + changes.notTold;
  const others = changes.tables.filter(({ toldAs }) => toldAs === 'rows');
  const lines = [
    ...(shown.length > 0 ? [columns(shown.map(toldRow), 4)] : []),
    ...(left > 0 ? [`    and ${left} more${details ? '' : ' (--details lists them)'}`] : []),
    ...others.map(
      ({ name, inserted, updated, deleted }) =>
        `    ${name}: ${inserted} rows added, ${updated} changed, ${deleted} deleted`,
    ),
    ...changes.schema.map((difference) => `    ${colors.yellow('!')} ${schemaText(difference)}`),
  ];
  if (changes.noise > 0)
    lines.push(
      colors.dim(`    ${changes.noise} rows that WordPress keeps for itself (transients, schedules, revisions)`),
    );
  return lines;
}

const signs: Readonly<Partial<Record<ToldChange['action'], string>>> = {
  added: '+',
  published: '+',
  deleted: '-',
  trashed: '-',
};

function toldRow({ what, action, title, type, status }: ToldChange): string[] {
  const kind = type !== undefined && type !== what ? `${what} (${type})` : what;
  return [signs[action] ?? '~', kind, `"${title}"`, action, status === undefined ? '' : colors.dim(status)];
}

function schemaText({ table, what, kind, name, before, after }: ContentChanges['schema'][number]): string {
  if (what === 'table') return `table ${table} ${kind}`;
  const of = name === undefined ? `${what} of ${table}` : `${what} ${name} of ${table}`;
  return kind === 'changed' ? `${of}: ${before} → ${after}` : `${of} ${kind}`;
}
