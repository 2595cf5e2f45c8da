import type { DatabaseState } from '../../platform/databases.js';
import type { Edition } from '../../platform/edition.js';
import { closedDays, type MeantGates } from '../../platform/meant-gates.js';
import type { SeenReplica } from './enforce-gates.js';
import type { Measured } from './publish.js';

/** What the platform looks like at one moment, from what AWS does not measure itself. */
export interface SiteFacts {
  readonly state: DatabaseState;
  readonly replicas: readonly (SeenReplica & { readonly instance: string })[];
  readonly meant: MeantGates;
  /** Undefined before the first promotion. */
  readonly edition: Edition | undefined;
  /** Whether somebody changes prod at this moment: a promotion, or a replica that is made anew. */
  readonly promoting: boolean;
  /** Which edition each instance of prod says that it serves; only of those that have said something lately. */
  readonly served: readonly (number | null)[];
  /** When dev's scheduled jobs were last run, in ms since 1970, and by how many at a time; undefined if that is not told. */
  readonly cron: { readonly startedAt: number; readonly runners: number } | undefined;
  /** In ms since 1970. */
  readonly now: number;
}

/** All metrics that src/monitoring has alarms on and no service of AWS publishes. */
export function siteMetrics(facts: SiteFacts): readonly Measured[] {
  const { state, replicas, meant, edition, promoting, served, cron, now } = facts;
  const answering = replicas.filter(({ status }) => status !== undefined).length;
  const days = closedDays(meant, now);
  return [
    { name: 'NobodySupervises', value: 0 },
    { name: 'PrimaryDown', value: Number(state === 'down') },
    { name: 'ReplicasAnswering', value: answering },
    ...replicas.flatMap((replica) => ofReplica(replica, facts)),
    ...(days === undefined ? [] : [{ name: 'GateClosedDays', value: days }]),
    ...(edition ? [{ name: 'InstancesNotOnEdition', value: served.filter((id) => id !== edition.id).length }] : []),
    ...(edition && !edition.following && !promoting
      ? [{ name: 'EditionReplicas', value: edition.replicas.length }]
      : []),
    ...(cron
      ? [
          { name: 'CronAgeSeconds', value: Math.max(0, (now - cron.startedAt) / 1000) },
          { name: 'CronRunners', value: cron.runners },
        ]
      : []),
  ];
}

function ofReplica(replica: SiteFacts['replicas'][number], facts: SiteFacts): readonly Measured[] {
  const { instance, status } = replica;
  const measured = (name: string, is: boolean) => ({ name, value: Number(is), dimensions: { Replica: instance } });
  const down = measured('ReplicaDown', status === undefined);
  // Of one that does not answer, its gate is not known, which is not the same as closed.
  if (!status) return [down];
  return [
    down,
    measured('GateLeaked', isLeaking(replica, facts)),
    measured('GateBroken', status.gate === 'broken'),
    measured('GateOpen', status.gate === 'open'),
  ];
}

/**
 * A replica leaks when it answers for prod and is not where prod's edition is, or follows dev, unless it is meant to.
 * One that was found open and closed a moment ago has leaked, wherever it stands.
 */
function isLeaking({ id, status, closed }: SeenReplica, { edition, meant }: SiteFacts): boolean {
  if (!edition || edition.following || !status) return false;
  if (closed) return true;
  if (!edition.replicas.includes(id) || meant[id]?.meant === 'advancing') return false;
  return status.gate === 'open' || status.position !== (edition.position ?? '');
}
