import type { Drill } from '../../drills/drill.js';
import { limits } from '../../drills/limits.js';
import { type DrillResult, limitsText } from '../../drills/verdict.js';
import { seconds } from '../terminal.js';
import { colors } from './colors.js';
import { columns } from './table.js';

/** What can be broken, and what is promised then. */
export function drillListText(drills: readonly Drill[]): string {
  const lines = drills.flatMap(({ name, summary }) => [
    `${colors.bold(name)}: ${summary}`,
    colors.dim(`    ${limitsText(limits[name])}`),
  ]);
  return lines.join('\n');
}

/** The verdicts as a table, and below it what did not hold. */
export function resultsText(results: readonly DrillResult[]): string {
  const head = ['', 'GETs', 'failed', 'gap', 'writes', 'lost', 'doubled', 'unanswered', 'answering', 'redundant'];
  const rows = results.map((result) => {
    const { name, outcome, requests, writes, recoveredMs, redundancyRestoredMs } = result;
    const mark = outcome === 'held' ? colors.green('✔') : colors.red('✖');
    return [
      `${mark} ${name}`,
      `${requests.sent}`,
      `${requests.failed}`,
      `${requests.longestGapMs} ms`,
      `${writes.acknowledged}`,
      `${writes.lost}`,
      `${writes.duplicated}`,
      `${writes.unknown}`,
      after(recoveredMs),
      after(redundancyRestoredMs),
    ];
  });
  const details = results.flatMap(({ name, broken, report, limits, seed }) => [
    ...broken.map((text) => `${colors.red(name)}: ${text}`),
    ...(broken.length > 0 ? [`  the same again: --seed ${seed}`] : []),
    colors.dim(`${name}: limits ${limitsText(limits)}. Report: ${report}`),
  ]);
  return [columns([head.map((text) => colors.dim(text)), ...rows], 0), '', ...details].join('\n');
}

const after = (ms: number | null) => (ms === null ? colors.red('never') : seconds(ms));
