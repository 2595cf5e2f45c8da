/**
 * What happened to the platform by itself: faults, and what was done about them. Who adds a part adds its kinds.
 * - `failover-begun`, `failover-done`, `failover-abandoned`: the role of the primary moves, has moved (`ms` since the
 *   primary was first seen lost, so about how long writes were away), or stays where it was
 * - `primary-restarted`: it was started in place (`ms` as above)
 * - `redundancy-lost`, `redundancy-restored`: the standby counts no more, or again (`ms` since it was lost)
 * - `server-replaced`: a process that hangs was killed and started anew
 * - `standby-rebuilt`, `replica-rebuilt`: made a copy of another server (`ms` that took)
 * - `rebuild-failed`: it could not be, and is tried again
 * - `leak-found`, `leak-closed`: a replica had moved by itself; it is at the edition's position again (`ms`)
 * - `ahead-of-edition`: no replica stands at the edition's position any more; a promotion mends it
 * - `instance-unwell`, `instance-replaced`: an instance runs and does not answer, or comes and goes; it is well again
 *   (`ms` since it was given up)
 * - `scaled-out`, `scaled-in`: an environment has another number of instances (`ms` from the decision until the new one
 *   serves, or until the old one has gone)
 * - `scaling-failed`: it should have another number, and could not be given it
 * - `cannot-start`, `started-again`: a server that dies again and again; and once it has stayed up
 */
export type EventKind =
  | 'failover-begun'
  | 'failover-done'
  | 'failover-abandoned'
  | 'primary-restarted'
  | 'redundancy-lost'
  | 'redundancy-restored'
  | 'server-replaced'
  | 'standby-rebuilt'
  | 'replica-rebuilt'
  | 'rebuild-failed'
  | 'leak-found'
  | 'leak-closed'
  | 'ahead-of-edition'
  | 'instance-unwell'
  | 'instance-replaced'
  | 'scaled-out'
  | 'scaled-in'
  | 'scaling-failed'
  | 'cannot-start'
  | 'started-again';

export interface PlatformEvent {
  /** ISO 8601, with milliseconds. */
  readonly at: string;
  readonly kind: EventKind;
  /** Whom it happened to: `db-1`, `replica-2`, `prod-1.nginx`. */
  readonly subject: string;
  /** In words, for people. */
  readonly detail: string;
  /** How long it took; what is counted stands with each kind. */
  readonly ms?: number | undefined;
}

/** What happened, as it is kept. An event may be told twice, if the one who tells it is lost in the middle. */
export interface EventLog {
  /**
   * @param since ISO 8601; default: everything that is kept (about the last 10,000)
   * @returns oldest first
   */
  read(since?: string): Promise<readonly PlatformEvent[]>;
}
