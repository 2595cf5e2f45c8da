import type { RaisedAlarm, Watch } from './alarms.js';
import type { DatabaseState, GateState } from './databases.js';
import type { Edition, InstanceId, ServerId } from './edition.js';
import type { InstanceState } from './fleet.js';

export interface InstanceStatus {
  readonly id: InstanceId;
  readonly zone: string;
  readonly state: InstanceState;
}

/** The edition of a status. */
export const editionStatus = ({ id, release, position, following }: Edition) => ({
  id,
  release,
  position: position ?? null,
  followingSince: following?.since ?? null,
});

/** How many instances an environment is to have, and why it is not the number that it began with. */
export interface CapacityStatus {
  readonly min: number;
  readonly max: number;
  readonly wanted: number;
  /** The last change, at an ISO 8601 time; null before the first one. */
  readonly scaled: { readonly at: string; readonly why: string } | null;
}

export interface Problem {
  /** `database`, or the server that it is about. */
  readonly subject: string;
  /** ISO 8601. */
  readonly since: string;
  readonly text: string;
}

/** What `status --json` prints: where the whole platform stands. */
export interface PlatformStatus {
  readonly site: string;
  readonly target: 'local' | 'aws';
  /** Whether somebody supervises the platform; without it sites are served but nothing is repaired. */
  readonly supervised: boolean;
  readonly environments: {
    readonly dev: {
      readonly url: string;
      readonly capacity: CapacityStatus;
      readonly instances: readonly InstanceStatus[];
      /** Null for a site without a database. */
      readonly database: {
        readonly primary: ServerId;
        readonly standby: ServerId | null;
        readonly state: DatabaseState;
      } | null;
    };
    readonly prod: {
      readonly url: string;
      /** Null before the first promotion. */
      readonly edition: {
        readonly id: number;
        readonly release: number;
        /** While prod follows dev: where it began to. */
        readonly position: string | null;
        /** Since when prod has followed dev, ISO 8601; null while it is frozen. */
        readonly followingSince: string | null;
      } | null;
      /** No replica stands at the edition's position any more: somebody has moved them. A promotion mends it. */
      readonly aheadOfEdition: boolean;
      readonly capacity: CapacityStatus;
      readonly instances: readonly (InstanceStatus & { readonly edition: number | null })[];
      readonly replicas: readonly {
        readonly id: ServerId;
        readonly zone: string;
        /** `unreachable` when nobody answers to say. */
        readonly gate: GateState | 'unreachable';
        readonly position: string | null;
        readonly weight: number;
        /** How many of dev's transactions it has not applied; null when that cannot be told. */
        readonly behindTransactions: number | null;
      }[];
    };
  };
  /** What is not as it should be, and what is being done about it, in words. Empty while nobody supervises. */
  readonly problems: readonly Problem[];
  readonly monitoring: Pick<Watch, 'watching' | 'missing'>;
  /** What is raised now. Nothing while nobody watches: `monitoring` says so. */
  readonly alarms: readonly RaisedAlarm[];
}

/** Whether replicas answer, and none at the position of the edition, though it is frozen. */
export function isAheadOfEdition(
  edition: Edition | undefined,
  replicas: PlatformStatus['environments']['prod']['replicas'],
): boolean {
  if (!edition || edition.following) return false;
  const answering = replicas.filter(({ position }) => position !== null);
  return answering.length > 0 && answering.every(({ position }) => position !== edition.position);
}
