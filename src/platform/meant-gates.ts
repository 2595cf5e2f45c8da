import type { ServerId } from './edition.js';

/** What a replica's gate is meant to be. */
export interface MeantGate {
  /** `advancing`: somebody moves it at this moment, until `until` at the latest. */
  readonly meant: 'closed' | 'open' | 'advancing';
  /** ISO 8601. While it is meant to be closed: since when the replica has stood where it stands. */
  readonly since: string;
  /** ISO 8601. Whoever advanced it is gone if this is past. */
  readonly until?: string | undefined;
}

/** A replica that is missing here is meant to be closed, and nobody knows since when. */
export type MeantGates = Readonly<Record<ServerId, MeantGate>>;

const dayMs = 24 * 60 * 60_000;

/**
 * For how many days the gate has been closed that has been so for longest. One replica that has stood still for more
 * than 30 is enough for RDS to end the replication of all.
 * @returns undefined while none is meant to be closed
 */
export function closedDays(meant: MeantGates, now: number): number | undefined {
  const closed = Object.values(meant).filter((one) => one.meant === 'closed');
  if (closed.length === 0) return undefined;
  return Math.max(0, ...closed.map(({ since }) => (now - Date.parse(since)) / dayMs));
}
