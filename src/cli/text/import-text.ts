import type { ImportFacts } from '../../import/facts.js';
import type { Finding } from '../../import/report/finding.js';
import { colors } from './colors.js';
import { mentionsText, rewrittenText } from './rewrite-text.js';

const marks = { problem: colors.red('✖'), warning: colors.yellow('!'), info: '·' } as const;

/** What somebody should know of the site, the worst first. */
export function findingsText(findings: readonly Finding[]): string {
  const order = ['problem', 'warning', 'info'] as const;
  return [...findings]
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .flatMap(({ severity, text, remedy }) => [
      `${marks[severity]} ${text}`,
      ...(remedy ? [`  ${colors.dim(remedy)}`] : []),
    ])
    .join('\n');
}

/** What an import has done. */
export function importedText(
  { addresses, exchange, finish }: Partial<ImportFacts>,
  urls: { readonly dev: string },
): string {
  return [
    ...(addresses
      ? [
          `Addresses: ${addresses.from.join(', ')} → ${addresses.to}`,
          rewrittenText(addresses.columns, { isPlan: false }),
          mentionsText(addresses.mentions),
        ]
      : []),
    ...(finish ? [homeText(finish.home, urls.dev)] : []),
    ...(finish && finish.failedViews.length > 0
      ? [`Views that could not be made: ${finish.failedViews.join(', ')}`]
      : []),
    ...(exchange ? [`What was in dev is kept: ${exchange.keptFolder}, and the database ${exchange.keptSchema}.`] : []),
    'Log in to dev with an account of the site. Bring it to prod with `understudy promote`.',
  ].join('\n');
}

function homeText(home: ImportFacts['finish']['home'], url: string): string {
  if ('status' in home && home.status < 400) return `Dev shows the site: ${url}`;
  const why = 'status' in home ? `status ${home.status}` : home.problem;
  return `Dev's home page does not work yet: ${why}. Read \`understudy logs dev-1\`, and what is said above.`;
}
