import { closedDays, type MeantGates } from '../platform/meant-gates.js';
import type { PlatformStatus } from '../platform/status.js';

type ReplicaStatus = PlatformStatus['environments']['prod']['replicas'][number];

export interface GateOfReplica extends Pick<ReplicaStatus, 'id' | 'gate' | 'position'> {
  readonly meant: 'closed' | 'open' | 'advancing';
  /** ISO 8601: since when it has been as it is meant; null if that is not known. */
  readonly since: string | null;
  readonly days: number | null;
}

/** What `gate --json` prints. */
export interface GateReport {
  readonly site: string;
  readonly target: PlatformStatus['target'];
  readonly replicas: readonly GateOfReplica[];
  /** For how long the gate has been closed that has been so for longest; null if none is, or it is not known. */
  readonly closedDays: number | null;
  /** The last of the alarms at 14, 21 and 25 days that this is past; null before the first. */
  readonly warning: 14 | 21 | 25 | null;
  /** When RDS ends replication unless something is promoted, ISO 8601; null where nobody does. */
  readonly endsAt: string | null;
  /** What to do, the most urgent first. Empty: nothing. */
  readonly advice: readonly string[];
}

const dayMs = 86_400_000;
/** RDS ends the replication of all replicas when that of one has been stopped for longer. */
const rdsEndsAfterDays = 30;
const warnings = [25, 21, 14] as const;

/** How each gate stands, what it is meant to be, and what follows from the time that it has been closed. */
export function gateReport(status: PlatformStatus, meant: MeantGates, now: number): GateReport {
  const { site, target, environments } = status;
  const replicas = environments.prod.replicas.map(({ id, gate, position }): GateOfReplica => {
    const { meant: wanted = 'closed', since } = meant[id] ?? {};
    const days = since === undefined ? null : Math.max(0, (now - Date.parse(since)) / dayMs);
    return { id, gate, position, meant: wanted, since: since ?? null, days };
  });
  const days = closedDays(meant, now) ?? null;
  const endsAt = target === 'aws' && days !== null ? new Date(now + (rdsEndsAfterDays - days) * dayMs) : null;
  const found = {
    replicas,
    closedDays: days,
    warning: warnings.find((limit) => days !== null && days >= limit) ?? null,
    endsAt: endsAt?.toISOString() ?? null,
  };
  return { site, target, ...found, advice: [...repairs(found.replicas, target), ...aboutTime(found, now)] };
}

function repairs(replicas: readonly GateOfReplica[], target: PlatformStatus['target']): string[] {
  return replicas.flatMap(({ id, gate, meant }) => {
    if (gate === 'broken') return [`${id} cannot apply dev's changes: \`understudy replica rebuild ${id}\`.`];
    if (gate === 'unreachable') return [`${id} does not answer: \`understudy status\` says more.`];
    if (gate === meant || (meant === 'advancing' && gate === 'closed')) return [];
    if (meant === 'closed') {
      const who =
        target === 'aws' ? 'the keeper (a function) closes it within a minute' : 'the control plane closes it';
      return [`${id} is ${gate}, and meant to be closed: ${who}. \`understudy alarms\` tells whether prod has leaked.`];
    }
    return [`${id} is ${gate}, and meant to be ${meant}: \`understudy sync status\` says whether prod follows dev.`];
  });
}

function aboutTime(
  { warning, endsAt, closedDays: days }: Pick<GateReport, 'warning' | 'endsAt' | 'closedDays'>,
  now: number,
) {
  if (endsAt !== null && Date.parse(endsAt) <= now) {
    return [
      `RDS has ended replication, or is about to: a gate has been closed for ${Math.floor(days ?? 0)} days. Prod goes on serving; no promotion can reach it. Make one replica anew (\`understudy replica rebuild replica-2\`), promote, and make the other one anew.`,
    ];
  }
  const end =
    endsAt === null
      ? ''
      : ` RDS ends replication on ${endsAt.slice(0, 10)} if nothing is promoted before, and both replicas have to be made anew.`;
  if (warning !== null)
    return [`Promote${warning === 25 ? ' today' : ''}: binary logs are kept for the replicas until then.${end}`];
  return endsAt === null ? [] : [`Nothing to do.${end}`];
}
