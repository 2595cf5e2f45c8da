import type { PlaceReason, RewrittenColumn } from '../../content/rewrite/findings.js';
import type { Mention } from '../../content/rewrite/scan.js';
import { columns } from './table.js';

const reasons: Readonly<Record<PlaceReason, string>> = {
  'broken-serialised': 'serialised data that is broken already; WordPress cannot read it either',
  'custom-serialised': 'a class has serialised it in a form of its own',
  'key-collision': 'two keys of one array would become the same',
  'escaped-serialised': 'serialised data inside escaped text',
  'too-deep': 'serialised data, too many levels inside one another',
  'duplicate-key': 'another row has that value already, and it must be unique',
  'too-long': 'the new address would not fit into the column',
  'refused-by-database': 'the database refuses the new value',
};

/** What a rewriting has changed, or would change, for a person. */
export function rewrittenText(found: readonly RewrittenColumn[], { isPlan }: { readonly isPlan: boolean }): string {
  const changed = found.filter(({ values }) => values > 0);
  const left = found.filter(({ left: reasonsOf }) => Object.keys(reasonsOf).length > 0);
  if (changed.length === 0 && left.length === 0) return 'The address stands nowhere in the database.';
  return [
    isPlan ? 'Would change:' : 'Changed:',
    changed.length === 0 ? '  nothing' : columns(changed.map(columnLine)),
    ...(isPlan ? changed.flatMap(({ table, column, examples }) => exampleLines(`${table}.${column}`, examples)) : []),
    ...(left.length === 0 ? [] : [isPlan ? 'Would stay as it is:' : 'Left as it is:', ...left.flatMap(leftLines)]),
  ].join('\n');
}

const columnLine = ({ table, column, values, addresses }: RewrittenColumn) => [
  `${table}.${column}`,
  counted(values, 'value'),
  counted(addresses, 'address', 'addresses'),
];

const exampleLines = (place: string, examples: RewrittenColumn['examples']) =>
  examples.slice(0, 1).flatMap(({ row, before, after }) => [`  ${place}, ${row}`, `    - ${before}`, `    + ${after}`]);

function leftLines({ table, column, left, leftAt }: RewrittenColumn): string[] {
  return Object.entries(left).map(([reason, count]) => {
    const rows = leftAt.filter((place) => place.reason === reason).map(({ row }) => row);
    const more = count > rows.length ? ', …' : '';
    return `  ${table}.${column}: ${counted(count, 'place')}, ${reasons[reason as PlaceReason]} (${rows.join('; ')}${more})`;
  });
}

/** Where a host is still named. */
export function mentionsText(mentions: readonly Mention[]): string {
  if (mentions.length === 0) return 'The host is named nowhere any more.';
  return [
    'The host is still named, as no address of the site (mail addresses, running text, other ports):',
    ...mentions.flatMap(({ table, column, rows, examples }) => [
      `  ${table}.${column}: ${counted(rows, 'row')}`,
      ...examples.slice(0, 1).map(({ row, text }) => `    ${row}: ${text}`),
    ]),
  ].join('\n');
}

export const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
