import type { MeantGates } from './gate-record.js';

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
