import type { SqlConnection } from '../../../src/platform/databases.js';
import { beginSnapshot } from '../../../src/sql/sql-text.js';

const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const life = ['running', 'named', 'seen', 'executed'] as const;

/**
 * MySQL with `gtid_mode=ON`, as far as commits go: a transaction is named (and owned), then its changes are seen, then
 * it leaves `gtid_owned` and enters `gtid_executed` at once. Names are given in order; afterwards none waits for
 * another, which is more disorder than MySQL has with its usual settings. Between two statements anything may happen.
 */
export class CommittingMysql {
  /** In the order of their names; those that run have none yet. */
  readonly #transactions: (typeof life)[number][] = [];
  /** Numbers of the transactions that the present snapshot sees. */
  snapshot: readonly number[] = [];
  asked = 0;

  /** @param meanwhile called before each statement */
  constructor(private readonly meanwhile: (server: CommittingMysql) => void) {}

  readonly connection: SqlConnection = {
    query: async <Row extends object>(sql: string) => {
      this.meanwhile(this);
      this.asked += 1;
      return this.#answer(sql) as Row[];
    },
    end: async () => undefined,
  };

  /** Takes one transaction a step on; `which` beyond those under way begins one. */
  move(which: number): void {
    const underWay = [...this.#transactions.keys()].filter((index) => this.#transactions[index] !== 'executed');
    const index = underWay[which];
    if (index === undefined) {
      this.#transactions.push('running');
      return;
    }
    // Names are numbers without gaps: the one that is to be named gets the next, whichever it is.
    const now = this.#transactions[index] === 'running' ? this.#transactions.indexOf('running') : index;
    this.#transactions[now] = life[life.indexOf(this.#transactions[now] ?? 'running') + 1] ?? 'executed';
  }

  /** Takes the oldest that is under way a step on, if there is one. */
  finishOne(): void {
    if (this.#transactions.some((state) => state !== 'executed')) this.move(0);
  }

  /** What a position means. */
  static numbersOf(position: string): readonly number[] {
    const intervals = position.split(':').slice(1);
    return intervals.flatMap((interval) => {
      const [first = 0, last = first] = interval.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
  }

  #in(...states: readonly (typeof life)[number][]): readonly number[] {
    return this.#transactions.flatMap((state, index) => (states.includes(state) ? [index + 1] : []));
  }

  #answer(sql: string): readonly object[] {
    if (sql === beginSnapshot) {
      this.snapshot = this.#in('seen', 'executed');
      return [];
    }
    if (sql.includes('gtid_owned')) return [{ value: named(this.#in('named', 'seen'), '#7') }];
    if (sql.includes('gtid_executed')) return [{ value: named(this.#in('executed'), '') }];
    throw new Error(`Not expected: ${sql}`);
  }
}

const named = (numbers: readonly number[], suffix: string): string =>
  numbers.length === 0 ? '' : `${uuid}${numbers.map((number) => `:${number}${suffix}`).join('')}`;
