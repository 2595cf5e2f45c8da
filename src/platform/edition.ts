import type { Position } from './position.js';

/** A database server, by its fixed name: `db-1`, `db-2`, `replica-1`, `replica-2`. Roles move, names do not. */
export type ServerId = string;

/** A web instance, by its name: `prod-1`. */
export type InstanceId = string;

/** What prod serves: a release, the position of the database that belongs to it, and who may answer for it. */
export interface Edition {
  /** Counts up from 1, never reused. */
  readonly id: number;
  /** The release whose code it runs. */
  readonly release: number;
  /** Undefined for a site without a database. */
  readonly position: Position | undefined;
  /** Replicas that stand at exactly this position. During the bake only one does. */
  readonly replicas: readonly ServerId[];
  /** Set while prod follows dev: then its replicas have moved on from `position`. Absent: prod is frozen. */
  readonly following?: Following | undefined;
}

/**
 * What is wanted of the replicas' gates, durably: without it every gate is meant to be closed, and one that is not
 * leaks, unless a promotion is advancing it. Written before a gate is opened, and kept until all are closed.
 */
export interface Following {
  /** Since when prod has followed dev. ISO 8601. */
  readonly since: string;
  /** `closing`: somebody is at it, and a gate that is shut is not opened again. */
  readonly gates: 'open' | 'closing';
}
