import type { SqlConnection } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';

interface Kept {
  readonly start: string;
  readonly connection: SqlConnection;
}

/**
 * One connection to each server, kept between two looks at it, for exactly one start of that server. One
 * that failed is to be dropped.
 */
export class Sessions {
  readonly #kept = new Map<ServerId, Kept>();

  constructor(private readonly connect: (server: ServerId, deadlineMs: number) => Promise<SqlConnection>) {}

  /**
   * @param deadlineMs for connecting, if there is no connection yet
   * @throws what `connect` throws
   */
  async of(server: ServerId, start: string, deadlineMs: number): Promise<SqlConnection> {
    const kept = this.#kept.get(server);
    if (kept?.start === start) return kept.connection;
    await this.drop(server);
    const connection = await this.connect(server, deadlineMs);
    this.#kept.set(server, { start, connection });
    return connection;
  }

  async drop(server: ServerId): Promise<void> {
    const kept = this.#kept.get(server);
    this.#kept.delete(server);
    await kept?.connection.end();
  }

  async end(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((server) => this.drop(server)));
  }
}
