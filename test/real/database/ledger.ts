import type { SqlConnection } from '../../../src/platform/databases.js';
import { waitUntil } from '../../../src/process/wait.js';
import type { RunningSite } from './running-site.js';

/** Longer than any failover that is meant to happen. */
const patienceMs = 40_000;

/**
 * Writes numbers one after the other to whoever is primary, and remembers which were acknowledged. A write that was
 * not answered is unknown: it may be found or not.
 */
export class Ledger {
  readonly #acknowledged: number[] = [];
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #next = firstNumber();
  #lastAt = performance.now();
  #longestGapMs = 0;

  constructor(
    private readonly it: RunningSite,
    private readonly primary: () => string,
  ) {
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

  /** What was acknowledged and is not there, and how many primary and standby differ by. */
  async verdict(): Promise<{ readonly lost: readonly number[]; readonly differs: number }> {
    const [there, onOther] = await Promise.all(
      ['db-1', 'db-2'].map(async (server) => {
        const rows = await this.it.sql<{ n: number }>(server, 'operator', 'SELECT n FROM ledger');
        return new Set(rows.map(({ n }) => n));
      }),
    );
    if (!there || !onOther) throw new Error('two servers');
    return {
      lost: this.#acknowledged.filter((n) => !there.has(n)),
      differs: [...there].filter((n) => !onOther.has(n)).length,
    };
  }

  async #write(): Promise<void> {
    let connection: SqlConnection | undefined;
    while (!this.#stopping.signal.aborted) {
      const n = this.#next++;
      try {
        connection ??= await this.it.site.databases.connect(this.primary(), 'dev', 500);
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
