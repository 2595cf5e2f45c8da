import type { Watch } from '../../platform/alarms.js';
import type { DatabaseState, GateState } from '../../platform/databases.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import { sequenceOf, toPosition } from '../../platform/position.js';
import {
  type CapacityStatus,
  editionStatus,
  isAheadOfEdition,
  type PlatformStatus,
  type Problem,
} from '../../platform/status.js';
import type { AwsSite } from '../../site/aws-site.js';
import type { EnvironmentName } from '../../site/schema.js';
import { awsUrls } from './aws-platform.js';
import type { SeenInstance } from './fleet/seen-instances.js';

/** What a status is made of. Each is asked at the same time; one that cannot be told becomes a problem in words. */
export interface StatusParts {
  readonly instances: (environment: EnvironmentName) => Promise<readonly SeenInstance[]>;
  readonly capacity: (environment: EnvironmentName) => Promise<CapacityStatus | undefined>;
  /** What RDS says from outside. Undefined for a site without a database. */
  readonly database: (() => Promise<OutsideDatabase>) | undefined;
  readonly weights: () => Promise<Readonly<Record<ServerId, number>>>;
  readonly edition: () => Promise<Edition | undefined>;
  readonly alarms: () => Promise<Watch['alarms'] | undefined>;
  /** What only a process inside can tell. */
  readonly inside: () => Promise<InsideDatabases | null>;
  /** Whether somebody changes prod at this moment. */
  readonly changing: () => Promise<boolean>;
}

export interface OutsideDatabase {
  readonly primary: ServerId;
  readonly standby: ServerId | null;
  readonly state: DatabaseState;
  readonly replicas: readonly { readonly id: ServerId; readonly zone: string }[];
}

export interface InsideDatabases {
  readonly state: DatabaseState;
  /** Where dev's primary stands; null if that cannot be told. */
  readonly written: string | null;
  readonly replicas: readonly {
    readonly id: ServerId;
    /** `unreachable` when it did not answer. */
    readonly gate: GateState | 'unreachable';
    readonly position: string | null;
  }[];
}

const noCapacity: CapacityStatus = { min: 0, max: 0, wanted: 0, scaled: null };

/** Where a site in AWS stands, put together from what its services say and what the operations host sees. */
export async function awsStatus(of: AwsSite, parts: StatusParts, now = new Date()): Promise<PlatformStatus> {
  const problems: Problem[] = [];
  const orElse = <T>(subject: string, work: Promise<T>, otherwise: T): Promise<T> =>
    work.catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      problems.push({ subject, since: now.toISOString(), text });
      return otherwise;
    });
  const { site } = of;
  const [dev, prod, devCapacity, prodCapacity, database, weights, edition, alarms, inside, changing] =
    await Promise.all([
      orElse('dev', parts.instances('dev'), []),
      orElse('prod', parts.instances('prod'), []),
      orElse('dev', parts.capacity('dev'), undefined),
      orElse('prod', parts.capacity('prod'), undefined),
      parts.database ? orElse('database', parts.database(), unknownDatabase) : null,
      parts.database ? orElse('replicas', parts.weights(), {}) : {},
      // Without it nothing that is said of prod would be right.
      parts.edition(),
      orElse('alarms', parts.alarms(), undefined),
      parts.database ? orElse('operations', parts.inside(), null) : null,
      orElse('operations', parts.changing(), true),
    ]);
  const replicas = (database?.replicas ?? []).map((replica) => replicaStatus(replica, weights, inside));
  // A promotion takes one replica after the other out of use, and in again.
  if (!changing) problems.push(...outOfUse(edition, replicas, now));
  const urls = awsUrls(of);
  return {
    site: site.name,
    target: 'aws',
    // What is lost is replaced by AWS itself.
    supervised: true,
    environments: {
      dev: {
        url: urls.dev,
        capacity: devCapacity ?? noCapacity,
        instances: dev.map(({ id, zone, state }) => ({ id, zone, state })),
        database: database && {
          primary: database.primary,
          standby: database.standby,
          state: inside?.state ?? database.state,
        },
      },
      prod: {
        url: urls.prod,
        capacity: prodCapacity ?? noCapacity,
        edition: edition ? editionStatus(edition) : null,
        aheadOfEdition: isAheadOfEdition(edition, replicas),
        instances: prod.map(({ id, zone, state, edition: serves }) => ({ id, zone, state, edition: serves ?? null })),
        replicas,
      },
    },
    problems,
    monitoring: { watching: alarms !== undefined, missing: [] },
    alarms: alarms ?? [],
  };
}

type ReplicaStatus = PlatformStatus['environments']['prod']['replicas'][number];

/** Replicas that prod's edition does not name. RDS copies none where it stands, so only a promotion takes them in. */
function outOfUse(edition: Edition | undefined, replicas: readonly ReplicaStatus[], now: Date): readonly Problem[] {
  if (!edition) return [];
  const alone = edition.replicas.join(', ') || 'no replica';
  return replicas
    .filter(({ id }) => !edition.replicas.includes(id))
    .map(({ id, gate }) => {
      const before = gate === 'broken' || gate === 'unreachable' ? `\`understudy replica rebuild ${id}\`, then ` : '';
      const text = `It is out of use until the next promotion; prod is served by ${alone} alone. What to do: ${before}\`understudy promote\`, or \`understudy promote --resume\` if one was cut off.`;
      return { subject: id, since: now.toISOString(), text };
    });
}

const unknownDatabase: OutsideDatabase = { primary: 'primary', standby: null, state: 'down', replicas: [] };

function replicaStatus(
  { id, zone }: OutsideDatabase['replicas'][number],
  weights: Readonly<Record<ServerId, number>>,
  inside: InsideDatabases | null,
): ReplicaStatus {
  const seen = inside?.replicas.find((one) => one.id === id);
  const position = seen?.position ?? null;
  const written = inside?.written ?? null;
  const behind =
    position === null || written === null ? null : sequenceOf(toPosition(written)) - sequenceOf(toPosition(position));
  return {
    id,
    zone,
    gate: seen?.gate ?? 'unreachable',
    position,
    weight: weights[id] ?? 0,
    behindTransactions: behind === null ? null : Math.max(0, behind),
  };
}
