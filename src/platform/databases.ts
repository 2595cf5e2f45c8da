import type { ServerId } from './edition.js';
import type { Position } from './position.js';

/**
 * The accounts of the database, one for each role, with just the rights that the role needs:
 * `dev` owns the site's schema; `prod` may only read it; `replication` may only fetch changes;
 * `operator` moves roles, positions and gates and reads the schema; `monitor` reads status; `load` can touch nothing
 * but the schema that an import fills (`incomingSchemaOf`).
 */
export type DatabaseRole = 'dev' | 'prod' | 'replication' | 'operator' | 'monitor' | 'load';

/** The name of a schema beside the site's own, for what an import fills or keeps: a site has servers of its own. */
export const besideSchema = (schema: string, name: string): string => `${schema}__${name}`;

/** What an import fills, before it takes the place of the site's own. */
export const incomingSchemaOf = (schema: string): string => besideSchema(schema, 'incoming');

export type SqlValue = string | number | bigint | boolean | Date | Uint8Array | null;

/** One connection. Every statement has a deadline: a server that hangs must not hang its caller. */
export interface SqlConnection {
  /**
   * @param deadlineMs default 10,000; past it the connection is destroyed
   * @throws code `sql-failed` with the server's number and text, `database-unreachable`, `deadline`
   */
  query<Row extends object = Record<string, unknown>>(
    sql: string,
    values?: readonly SqlValue[],
    deadlineMs?: number,
  ): Promise<Row[]>;
  /** Closes it; safe to call twice. */
  end(): Promise<void>;
}

/**
 * `redundant`: every acknowledged write is on two servers; `solo`: on one; `failing-over`: the role is moving;
 * `down`: nobody accepts writes.
 */
export type DatabaseState = 'redundant' | 'solo' | 'failing-over' | 'down';

export interface DatabaseTopology {
  readonly state: DatabaseState;
  readonly primary: ServerId;
  readonly standby: ServerId | undefined;
  readonly replicas: readonly ServerId[];
}

export interface Databases {
  topology(): Promise<DatabaseTopology>;
  /** @throws code `database-unreachable` after `deadlineMs` (default 2,000) */
  connect(server: ServerId, role: DatabaseRole, deadlineMs?: number): Promise<SqlConnection>;
}

/**
 * Positions in the words of whatever servers these are. Each call takes a connection of the role `operator`, and
 * throws what its queries throw.
 */
export interface Positions {
  /** The end of a server's own binary log: on the primary, where dev stands now. */
  written(server: SqlConnection): Promise<Position>;
  /**
   * The position that exactly the changes up to are seen by the transaction that this connection has begun with a
   * consistent snapshot. To find out, that transaction may be begun anew: nothing may have been read in it yet.
   * Undefined where the server cannot tell, or not within some seconds.
   */
  snapshotAt(server: SqlConnection): Promise<Position | undefined>;
  /** Whether exactly this position is in the history of a server that was or is primary. */
  holds(server: SqlConnection, at: Position): Promise<boolean>;
  /** Waits until a server that follows another has applied a position. @returns false if it has not in time */
  waitUntilApplied(server: SqlConnection, at: Position, deadlineMs: number): Promise<boolean>;
  /** The position that the oldest binary log begins after: what is older cannot be fetched from here any more. */
  oldestStart(server: SqlConnection): Promise<Position>;
}

/**
 * Whether a replica applies dev's changes. `closed`: it applies none, and cannot by accident;
 * `advancing`: it applies up to a position and stops there; `open`: it follows; `broken`: it should apply and cannot.
 */
export type GateState = 'closed' | 'advancing' | 'open' | 'broken';

export interface GateStatus {
  readonly gate: GateState;
  /** What it has applied. */
  readonly position: Position;
  /** Transactions that no source has: written to the replica itself. Undefined when there are none. */
  readonly errant: string | undefined;
  /** The server's words, when broken. */
  readonly error: string | undefined;
}

export interface AdvanceOptions {
  /** Default 60,000. The gate is closed again, wherever the replica stands, when it passes. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Told after each look at the replica. */
  readonly onPosition?: (at: Position) => void;
}

export interface ReplicationGate {
  /** @throws code `database-unreachable`, `deadline` after some seconds: a server that hangs is not waited for */
  status(replica: ServerId): Promise<GateStatus>;
  /**
   * Applies dev's changes up to exactly `to`, then closes the gate. A replica that stands there already is left alone.
   * @throws code `position-unknown` if the primary does not hold `to`, `standby-behind` if the standby does not in time;
   *   `position-passed` if the replica is past it; `gate-broken`; `deadline`; `database-unreachable`. Whatever is thrown,
   *   the gate is closed.
   */
  advance(replica: ServerId, to: Position, options?: AdvanceOptions): Promise<void>;
  /** Lets the replica follow dev until it is closed. An open gate is left alone. */
  open(replica: ServerId): Promise<void>;
  /**
   * Looks whether the primary has a position in its history, and the standby too, so that a failover does not take it
   * back. A replica that follows live may have received what neither has for long.
   * @throws code `position-unknown`, `standby-behind`, `database-unreachable`
   */
  requireKnown(position: Position): Promise<void>;
  /** Stops both replication threads and removes the source. A closed gate is left alone. */
  close(replica: ServerId): Promise<void>;
}
