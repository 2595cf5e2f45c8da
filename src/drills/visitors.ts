import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, Asker, type Place, type Unanswered } from './ask.js';
import { choose, type Random, seeded } from './random.js';

export interface VisitorsOptions extends Place {
  readonly paths: readonly string[];
  /** How many requests are sent in a second, whether or not earlier ones were answered. */
  readonly perSecond: number;
  /** The share of requests for pages that no cache can have, so that PHP and a database must answer. Default 0. */
  readonly freshShare?: number;
  /** Chooses pages. Default: the same ones in every run. */
  readonly random?: Random;
}

/** One request and what came of it. Moments are those of `performance.now()`. */
export interface Visit {
  readonly path: string;
  readonly isFresh: boolean;
  readonly sentAt: number;
  readonly endedAt: number;
  /** Undefined: it was answered well. */
  readonly problem: string | undefined;
}

export interface VisitorsReport {
  readonly requests: number;
  /** Answers of the 5xx class, connections that were reset, and answers that took over 10 s. Nothing is retried. */
  readonly failed: number;
  /** The longest time in which no good answer came, in ms. */
  readonly longestGapMs: number;
  /** The longest time that anybody waited for an answer, good or not, in ms. */
  readonly longestWaitMs: number;
  /** The first few failures, as they were seen. */
  readonly failures: readonly string[];
}

/** Visitors who keep coming until they are told to stop. */
export class Visitors {
  readonly #asker: Asker;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #random: Random;
  readonly #arrivals: Promise<void>;
  readonly #startedAt = performance.now();
  readonly #visits: Visit[] = [];
  #crowd: AbortController | undefined;
  #sent = 0;

  constructor(private readonly options: VisitorsOptions) {
    this.#asker = new Asker(options);
    this.#random = options.random ?? seeded(1);
    this.#arrivals = this.#arrive();
  }

  /** From now on, this many more, who ask for pages that no cache can have, each again as soon as he is answered. */
  crowd(count: number): void {
    this.#crowd?.abort();
    const leaving = new AbortController();
    this.#crowd = leaving;
    for (let member = 0; member < count; member++) {
      const stay = this.#stay(leaving.signal).finally(() => this.#underWay.delete(stay));
      this.#underWay.add(stay);
    }
  }

  /** Every visit that has come to its end. */
  get visits(): readonly Visit[] {
    return this.#visits;
  }

  /** Lets every visitor finish the request that he has, and tells what they met. */
  async stop(): Promise<VisitorsReport> {
    this.#stopping.abort();
    this.#crowd?.abort();
    await this.#arrivals;
    await Promise.all(this.#underWay);
    this.#asker.end();
    const failures = this.#visits.filter(({ problem }) => problem !== undefined);
    return {
      requests: this.#visits.length,
      failed: failures.length,
      longestGapMs: longestGap(this.#visits, this.#startedAt),
      longestWaitMs: Math.round(
        this.#visits.reduce((most, { sentAt, endedAt }) => Math.max(most, endedAt - sentAt), 0),
      ),
      failures: failures.slice(0, 10).map(({ path, problem }) => `${path}: ${problem}`),
    };
  }

  /**
   * Whoever is late because this process was busy comes at once: a rate that sinks under a fault would hide it. After
   * more than a second nobody is made up for: a machine that cannot send the load would only be drowned in it.
   */
  async #arrive(): Promise<void> {
    const { signal } = this.#stopping;
    let dueAt = performance.now();
    while (!signal.aborted) {
      const visit = this.#visit(this.#random() < (this.options.freshShare ?? 0)).finally(() =>
        this.#underWay.delete(visit),
      );
      this.#underWay.add(visit);
      dueAt = Math.max(dueAt, performance.now() - latestMs) + 1000 / this.options.perSecond;
      // Also when nothing is left: answers must be heard between two questions.
      await delay(Math.max(0, dueAt - performance.now()), undefined, { signal }).catch(() => undefined);
    }
  }

  async #stay(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.#visit(true);
  }

  async #visit(isFresh: boolean): Promise<void> {
    const path = choose(this.#random, this.options.paths);
    const number = this.#sent++;
    const asked = isFresh ? `${path}${path.includes('?') ? '&' : '?'}drill=${freshMark}${number}` : path;
    const sentAt = performance.now();
    const problem = await this.#asker.ask({ path: asked }).then(problemOf, (error: Unanswered) => whyUnanswered(error));
    this.#visits.push({ path: asked, isFresh, sentAt, endedAt: performance.now(), problem });
  }
}

const latestMs = 1_000;

/** Pages of an earlier run may still be in a cache. */
const freshMark = `${Date.now().toString(36)}-`;

const problemOf = ({ status }: Answer) => (status >= 500 ? `answered ${status}` : undefined);

const whyUnanswered = ({ message, hadBegun }: Unanswered) =>
  hadBegun ? `${message}, in the middle of the answer` : message;

/** The longest time between two good answers, from `from` on, in ms. */
export function longestGap(visits: readonly Pick<Visit, 'endedAt' | 'problem'>[], from: number): number {
  const good = visits.filter(({ problem, endedAt }) => problem === undefined && endedAt >= from);
  const moments = good.map(({ endedAt }) => endedAt).sort((a, b) => a - b);
  const end = Math.max(from, ...visits.slice(-1).map(({ endedAt }) => endedAt));
  let last = from;
  let longest = 0;
  for (const at of [...moments, end]) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return Math.round(longest);
}
