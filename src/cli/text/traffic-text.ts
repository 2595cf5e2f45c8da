import type { PathSummary } from '../../access-log/paths.js';
import type { TrafficSummary } from '../../access-log/summary.js';
import type { EnvironmentName } from '../../site/schema.js';
import { colors } from './colors.js';
import { columns } from './table.js';

/** What `understudy traffic` tells. */
export interface TrafficReport extends TrafficSummary {
  readonly site: string;
  readonly environment: EnvironmentName;
  /** ISO 8601. */
  readonly since: string;
  readonly until: string;
}

export function trafficText(report: TrafficReport): string {
  const { site, environment, since, until, requests, failed, statuses, latencyMs, bytes } = report;
  const heading = `${colors.bold(`${site} ${environment}`)}  ${clock(since)} to ${clock(until)}`;
  if (requests === 0) return `${heading}\n  no requests`;
  const perSecond = requests / ((Date.parse(until) - Date.parse(since)) / 1_000);
  const rows = [
    ['requests', `${count(requests)}  (${perSecond.toFixed(1)} a second)`],
    ['failed', failed === 0 ? colors.green('0') : colors.red(`${count(failed)}  (${share(failed, requests)})`)],
    [
      'answers',
      Object.entries(statuses)
        .map(([status, of]) => `${status} ${share(of, requests)}`)
        .join(', '),
    ],
    ['latency', `half within ${latencyMs.p50} ms, 95 % within ${latencyMs.p95} ms, 99 % within ${latencyMs.p99} ms`],
    ['bytes', `${size(bytes.sent)} sent, ${size(bytes.received)} received`],
  ];
  return [
    heading,
    columns(rows),
    ...paths('slowest pages, 95 % within', report.slowest, ({ p95Ms }) => `${p95Ms} ms`),
    ...paths('failing pages', report.failing, ({ failed: of }) => colors.red(`${count(of)} failed`)),
    ...editions(report),
  ].join('\n');
}

function paths(title: string, of: readonly PathSummary[], what: (path: PathSummary) => string): string[] {
  if (of.length === 0) return [];
  return ['', title, columns(of.map((one) => [what(one), `of ${count(one.requests)}`, printable(one.path)]))];
}

function editions({ editions: all, environment }: TrafficReport): string[] {
  const known = all.filter(({ edition }) => edition !== undefined);
  if (environment === 'dev' || known.length === 0) return [];
  const rows = all.map(({ edition, requests, failed, latencyMs }) => [
    edition === undefined ? 'answered by none' : `edition ${edition}`,
    `${count(requests)} requests`,
    `${count(failed)} failed`,
    `95 % within ${latencyMs.p95} ms`,
  ]);
  return ['', 'by edition', columns(rows)];
}

const count = (of: number) => of.toLocaleString('en');
const clock = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

/** One that is not nought is not told as nought. */
function share(part: number, whole: number): string {
  const percent = (100 * part) / whole;
  return percent > 0 && percent < 0.1 ? 'under 0.1 %' : `${percent.toFixed(1)} %`;
}

/** What a visitor asked for must not steer a terminal. */
const printable = (path: string) => path.replace(/\p{Cc}/gu, '?').slice(0, 100);

function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}
