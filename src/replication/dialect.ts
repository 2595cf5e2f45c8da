import type { Secret } from '../output/secret.js';
import type { Positions, SqlConnection } from '../platform/databases.js';
import type { Position } from '../platform/position.js';

/** Whom a replica fetches changes from, and as whom. */
export interface Source {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
}

/** A configured source, as the replica sees it. */
export interface SourceState {
  readonly host: string;
  readonly port: number;
  /** Whether it receives changes from the source. */
  readonly receiving: 'yes' | 'connecting' | 'no';
  /** Whether it applies what it received. */
  readonly applying: boolean;
  /** Whether it was started to stop at a position. */
  readonly until: boolean;
  /** The last transaction that it received whole. */
  readonly received: Position;
  /** Why it does not receive or does not apply; the latter, when both. */
  readonly error: SourceError | undefined;
}

export interface SourceError {
  readonly during: 'receiving' | 'applying';
  readonly number: number;
  readonly text: string;
}

export interface ReplicaState {
  /** What it has applied of its source's history. */
  readonly applied: Position;
  /** The end of its own binary log. */
  readonly written: Position;
  /** Undefined: nothing is configured, so nothing can be applied. */
  readonly source: SourceState | undefined;
  /** Transactions that it wrote by itself. Undefined when there are none. */
  readonly errant: string | undefined;
}

/**
 * What replication needs of a server, in that server's own SQL: reading positions, which promotions do too, and moving
 * replicas, which only the gate and a failover do. Throws what `SqlConnection.query` throws.
 */
export interface ReplicationDialect extends Positions {
  /** @param deadlineMs of each statement; default: the connection's */
  read(server: SqlConnection, deadlineMs?: number): Promise<ReplicaState>;
  /**
   * Configures a source. Nothing is fetched yet. Replication must be stopped.
   * @param demote for a server that was primary: what it wrote itself counts as applied
   */
  attach(server: SqlConnection, source: Source, demote?: boolean): Promise<void>;
  /** Follows the source without end. */
  start(server: SqlConnection): Promise<void>;
  /** Follows the source and stops by itself exactly at `to`, which the source must hold. */
  startUntil(server: SqlConnection, to: Position): Promise<void>;
  /** Stops, and forgets the source; the position stays. Without a source nothing happens. */
  detach(server: SqlConnection): Promise<void>;
}
