import type { SqlConnection } from '../../src/platform/databases.js';
import { waitUntil } from '../../src/process/wait.js';

/** Longer than any failover that is meant to happen. */
const patienceMs = 60_000;

/**
 * Writes numbers one after the other into a table `ledger`, which it makes where there is none, and remembers which
 * were acknowledged. A write that was not answered is unknown: it may be found or not.
 */
export class Ledger {
  readonly #acknowledged: number[] = [];
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #next = firstNumber();
  #lastAt = performance.now();
  #longestGapMs = 0;

  /** @param connect to whoever is primary, with the right to write */
  constructor(private readonly connect: () => Promise<SqlConnection>) {
    this.#ended = this.#write();
  }

  /** Waits until that many more writes are acknowledged. */
  async grows(by: number): Promise<void> {
    const until = this.#acknowledged.length + by;
    await waitUntil(() => this.#acknowledged.length >= until, { what: 'writes', deadlineMs: patienceMs, everyMs: 5 });
  }

  /** Waits for the first write that was begun after now. @returns the longest time without one, from now on, in ms */
  async resumes(): Promise<number> {
    this.#longestGapMs = 0;
    this.#lastAt = performance.now();
    await this.grows(20);
    return Math.round(this.#longestGapMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  /** What was acknowledged and is not among these. */
  lostFrom(there: ReadonlySet<number>): readonly number[] {
    return this.#acknowledged.filter((n) => !there.has(n));
  }

  async #write(): Promise<void> {
    let connection: SqlConnection | undefined;
    while (!this.#stopping.signal.aborted) {
      const n = this.#next++;
      try {
        if (!connection) {
          connection = await this.connect();
          await connection.query('CREATE TABLE IF NOT EXISTS ledger (n BIGINT PRIMARY KEY)');
        }
        await connection.query('INSERT INTO ledger VALUES (?)', [n], 30_000);
        this.#acknowledged.push(n);
        this.#longestGapMs = Math.max(this.#longestGapMs, performance.now() - this.#lastAt);
        this.#lastAt = performance.now();
      } catch {
        await connection?.end();
        connection = undefined;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    await connection?.end();
  }
}

let ledgers = 0;
const firstNumber = () => 1 + ledgers++ * 1_000_000;
