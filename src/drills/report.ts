import type { Drill } from './drill.js';
import type { Happening } from './time-line.js';
import { type DrillResult, limitsText } from './verdict.js';

/** Lines of the time line that a report shows: the rest says the same again. */
const mostLines = 500;

/** The story of a drill, as Markdown. */
export function reportText({ name, summary }: Drill, result: DrillResult, happenings: readonly Happening[]): string {
  const { outcome, broken, requests, writes, recoveredMs, redundancyRestoredMs, seed } = result;
  const left = happenings.length - mostLines;
  return `# Drill ${name}: ${outcome}

${summary}.

Limits: ${limitsText(result.limits)}.
${broken.length === 0 ? '' : `\nWhat did not hold:\n\n${broken.map((text) => `- ${text}`).join('\n')}\n`}
| measured | |
|---|---|
| GETs of prod | ${requests.sent} sent, ${requests.failed} failed, longest gap ${requests.longestGapMs} ms |
| writes in dev | ${writes.acknowledged} acknowledged, ${writes.lost} lost, ${writes.duplicated} doubled, ${writes.unknown} unanswered |
| answering again after | ${msText(recoveredMs)} |
| everything there again after | ${msText(redundancyRestoredMs)} |

The same again: \`understudy drill ${name} --seed ${seed}\`

## Time line

${happenings.slice(0, mostLines).map(lineOf).join('\n')}
${left > 0 ? `\n… and ${left} lines more.\n` : ''}`;
}

const lineOf = ({ at, text }: Happening) => `- \`${new Date(at).toISOString().slice(11, 23)}\` ${text}`;

const msText = (ms: number | null) => (ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`);
