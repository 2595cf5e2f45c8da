import type { PlatformStatus } from '../../platform/status.js';
import { colors } from './colors.js';
import { columns } from './table.js';

type Prod = PlatformStatus['environments']['prod'];

export interface SyncReport {
  readonly state: 'frozen' | 'following';
  /** ISO 8601. */
  readonly since: string | null;
  readonly edition: Prod['edition'];
  readonly replicas: Prod['replicas'];
}

/** Longer than anybody means to leave prod unchecked. */
const longHours = 24;

/** Whether prod follows dev, since when, and how far each replica is. */
export function syncText({ state, since, edition, replicas }: SyncReport, now: Date): string {
  return [
    since === null ? frozenText(state, edition) : followingText(since, now),
    columns(
      replicas.map(({ id, gate, position, behindTransactions }) => [
        id,
        `gate ${gate}`,
        position ?? '',
        behindTransactions === null ? '' : `${behindTransactions} transactions behind dev`,
      ]),
    ),
  ].join('\n');
}

function frozenText(state: string, edition: Prod['edition']): string {
  if (!edition) return 'Nothing has been promoted yet.';
  return `Prod is ${state}: edition ${edition.id}${edition.position === null ? '' : ` at position ${edition.position}`}.`;
}

function followingText(since: string, now: Date): string {
  const hours = (now.getTime() - Date.parse(since)) / 3_600_000;
  const text = `Prod has followed dev since ${since} (${hours.toFixed(1)} h).`;
  return hours < longHours ? text : colors.yellow(`${text} That is long: \`understudy sync stop\` freezes it.`);
}
