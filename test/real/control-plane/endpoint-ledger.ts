import { readFile } from 'node:fs/promises';
import { paths } from '../../../src/local/layout.js';
import { networkOf } from '../../../src/local/network/claim.js';
import { hostsOf } from '../../../src/local/network/hosts.js';
import { Secret } from '../../../src/output/secret.js';
import type { SqlConnection } from '../../../src/platform/databases.js';
import { waitUntil } from '../../../src/process/wait.js';
import { connect } from '../../../src/sql/connect.js';
import type { TestPlatform } from '../../helpers/platform.js';

/** Writes numbers through the primary's endpoint, as dev's WordPress does, and remembers what was acknowledged. */
export class EndpointLedger {
  readonly #acknowledged: number[] = [];
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #lastAt = performance.now();
  #longestGapMs = 0;

  constructor(private readonly site: TestPlatform) {
    this.#ended = this.#write();
  }

  async grows(by: number): Promise<void> {
    const until = this.#acknowledged.length + by;
    await waitUntil(() => this.#acknowledged.length >= until, { what: 'writes', deadlineMs: 60_000, everyMs: 5 });
  }

  /** @returns the longest time without an acknowledged write from now on, until writes go on; ms */
  async resumes(): Promise<number> {
    this.#longestGapMs = 0;
    this.#lastAt = performance.now();
    await this.grows(20);
    return Math.round(this.#longestGapMs);
  }

  async verdict(): Promise<{ readonly lost: readonly number[] }> {
    this.#stopping.abort();
    await this.#ended;
    const connection = await this.#connect();
    const rows = await connection.query<{ n: number }>('SELECT n FROM ledger');
    await connection.query('DROP TABLE ledger');
    await connection.end();
    const there = new Set(rows.map(({ n }) => n));
    return { lost: this.#acknowledged.filter((n) => !there.has(n)) };
  }

  async #connect(): Promise<SqlConnection> {
    const { layout, site } = this.site;
    const claim = await networkOf(layout);
    if (!claim) throw new Error('no network');
    const { databases } = JSON.parse(await readFile(paths.secrets(layout), 'utf8'));
    return connect({
      host: hostsOf(claim.network, site).primaryEndpoint,
      port: 3306,
      user: 'dev',
      password: new Secret(databases.dev),
      database: site.name,
      connectTimeout: 1_000,
    });
  }

  async #write(): Promise<void> {
    let connection: SqlConnection | undefined;
    for (let n = 1; !this.#stopping.signal.aborted; n++) {
      try {
        if (!connection) {
          connection = await this.#connect();
          await connection.query('CREATE TABLE IF NOT EXISTS ledger (n BIGINT PRIMARY KEY)');
        }
        await connection.query('INSERT INTO ledger VALUES (?)', [n], 30_000);
        this.#acknowledged.push(n);
        this.#longestGapMs = Math.max(this.#longestGapMs, performance.now() - this.#lastAt);
        this.#lastAt = performance.now();
      } catch {
        await connection?.end();
        connection = undefined;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    await connection?.end();
  }
}
