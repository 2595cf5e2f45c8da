import mysql from 'mysql2/promise';
import type { Secret } from '../output/secret.js';
import type { SqlConnection, SqlValue } from '../platform/databases.js';
import { tooLate, translate, Unreachable } from './errors.js';
import { inTime } from './in-time.js';

export interface SqlAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  /** The schema that names without one refer to. */
  readonly database?: string | undefined;
  /** From the first packet to the first answer. Default 2,000. */
  readonly connectTimeout?: number;
  /** Encrypted, and only to a server that proves its name. Default: as it is, for servers of this machine. */
  readonly tls?: TlsAuthorities | undefined;
}

/** Who may vouch for a server: certificates as PEM. */
export interface TlsAuthorities {
  readonly authorities: readonly string[];
}

/** A statement that is given no deadline of its own. */
const defaultDeadlineMs = 10_000;
const goodbyeMs = 1_000;

/**
 * What a session may rely on, whatever the server's own defaults are. Backslash escapes must stay on: values are
 * quoted here and not on the server, because statements such as CHANGE MASTER take no parameters there.
 */
const sessionSettings =
  "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'";

/**
 * Opens a connection. Values come back so that none loses precision: whole numbers as `number` where that is
 * exact and else as `bigint`; decimals, dates and JSON as the server's text (dates in UTC); binary as `Buffer`.
 * @throws code `database-unreachable`, or `sql-failed` if the account or the schema is refused
 */
export async function connect(access: SqlAccess): Promise<SqlConnection> {
  const { connectTimeout = 2_000 } = access;
  const server = `${access.host}:${access.port}`;
  const opening = mysql.createConnection({
    host: access.host,
    port: access.port,
    user: access.user,
    password: access.password.reveal(),
    ...(access.database === undefined ? {} : { database: access.database }),
    connectTimeout,
    ...(access.tls ? { ssl: tlsOf(access.tls) } : {}),
    charset: 'utf8mb4_unicode_ci',
    timezone: 'Z',
    dateStrings: true,
    jsonStrings: true,
    multipleStatements: false,
    typeCast: exactly,
  });
  let connection: mysql.Connection;
  try {
    connection = await inTime(
      opening,
      connectTimeout,
      () => new Unreachable(server, `no answer in ${connectTimeout} ms`),
    );
  } catch (error) {
    // One that opens after all must not stay behind.
    opening.then((late) => late.destroy()).catch(() => undefined);
    throw translate(error, server);
  }
  const session = new Session(connection, server);
  try {
    await session.query(sessionSettings, [], connectTimeout);
  } catch (error) {
    await session.end();
    throw error;
  }
  return session;
}

class Session implements SqlConnection {
  #gone: string | undefined;

  constructor(
    private readonly connection: mysql.Connection,
    private readonly server: string,
  ) {
    // Without a listener, a server that goes away between two statements would end this process.
    connection.on('error', (error: Error) => {
      this.#gone = error.message;
    });
  }

  async query<Row extends object>(
    sql: string,
    values: readonly SqlValue[] = [],
    deadlineMs: number = defaultDeadlineMs,
  ): Promise<Row[]> {
    if (this.#gone !== undefined) throw new Unreachable(this.server, this.#gone);
    try {
      const [rows] = await inTime(this.connection.query(sql, values.map(forDriver)), deadlineMs, () =>
        tooLate(this.server, deadlineMs),
      );
      return Array.isArray(rows) ? (rows as Row[]) : [];
    } catch (error) {
      const translated = translate(error, this.server);
      // Whether the statement still runs there is not known, so nothing more may be said on this connection.
      if (translated.code !== 'sql-failed') this.#drop(translated.message);
      throw translated;
    }
  }

  async end(): Promise<void> {
    if (this.#gone !== undefined) return;
    this.#gone = 'the connection was closed';
    await inTime(this.connection.end(), goodbyeMs, () => tooLate(this.server, goodbyeMs)).catch(() =>
      this.connection.destroy(),
    );
  }

  #drop(why: string): void {
    this.#gone = why;
    this.connection.destroy();
  }
}

/** One object for each list: the driver keeps what it has parsed by it, and RDS has a hundred authorities. */
const parsed = new WeakMap<TlsAuthorities, mysql.SslOptions & { verifyIdentity: boolean }>();

function tlsOf(tls: TlsAuthorities) {
  const known = parsed.get(tls);
  if (known) return known;
  const made = { ca: [...tls.authorities], minVersion: 'TLSv1.2', rejectUnauthorized: true, verifyIdentity: true };
  parsed.set(tls, made);
  return made;
}

function forDriver(value: SqlValue): unknown {
  return value instanceof Uint8Array && !Buffer.isBuffer(value) ? Buffer.from(value) : value;
}

interface Field {
  readonly type: string;
  string(): string | null;
}

/** BIGINT without rounding; every other type as the driver reads it. */
function exactly(field: Field, next: () => unknown): unknown {
  if (field.type !== 'LONGLONG') return next();
  const text = field.string();
  if (text === null) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
