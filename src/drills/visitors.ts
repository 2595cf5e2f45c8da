import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

export interface VisitorsOptions {
  /** The site's address. */
  readonly url: string;
  /** Where it is really reached: names of this machine do not resolve in Node. */
  readonly address: string;
  /** The authority that signed the site's certificate, as PEM. */
  readonly authority: string;
  readonly paths: readonly string[];
  /** How many visitors ask at the same time, each after its answer has come. */
  readonly atOnce: number;
  /** Between an answer and the next question of the same visitor. */
  readonly pauseMs: number;
}

export interface VisitorsReport {
  readonly requests: number;
  /** Answers of the 5xx class, connections that were reset, and answers that took over 10 s. Nothing is retried. */
  readonly failed: number;
  /** The longest time in which no good answer came, in ms. */
  readonly longestGapMs: number;
  /** The first few failures, as they were seen. */
  readonly failures: readonly string[];
}

const longestAnswerMs = 10_000;

/** Visitors who keep asking for pages until they are told to stop. */
export class Visitors {
  readonly #agent: Agent;
  readonly #stopping = new AbortController();
  readonly #visitors: readonly Promise<void>[];
  #requests = 0;
  #failed = 0;
  #failures: string[] = [];
  #lastGood = performance.now();
  #longestGapMs = 0;

  constructor(private readonly options: VisitorsOptions) {
    this.#agent = new Agent({ keepAlive: true, ca: options.authority, maxSockets: options.atOnce });
    this.#visitors = Array.from({ length: options.atOnce }, (_, number) => this.#visit(number));
  }

  /** Lets every visitor finish the request that it has, and tells what they met. */
  async stop(): Promise<VisitorsReport> {
    this.#stopping.abort();
    await Promise.all(this.#visitors);
    this.#noteGap();
    this.#agent.destroy();
    return {
      requests: this.#requests,
      failed: this.#failed,
      longestGapMs: Math.round(this.#longestGapMs),
      failures: this.#failures,
    };
  }

  async #visit(number: number): Promise<void> {
    const { paths, pauseMs } = this.options;
    const { signal } = this.#stopping;
    for (let turn = number; !signal.aborted; turn++) {
      const path = paths[turn % paths.length] ?? '/';
      const problem = await this.#ask(path);
      this.#requests++;
      if (problem === undefined) {
        this.#noteGap();
        this.#lastGood = performance.now();
      } else {
        this.#failed++;
        if (this.#failures.length < 10) this.#failures.push(`${new Date().toISOString()} ${path}: ${problem}`);
      }
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #noteGap(): void {
    this.#longestGapMs = Math.max(this.#longestGapMs, performance.now() - this.#lastGood);
  }

  /** @returns what was wrong with the answer, or undefined */
  #ask(path: string): Promise<string | undefined> {
    const { url, address } = this.options;
    const { hostname, port, host } = new URL(url);
    return new Promise((resolve) => {
      const call = request(
        {
          host: address,
          port,
          path,
          servername: hostname,
          agent: this.#agent,
          headers: { host },
          signal: AbortSignal.timeout(longestAnswerMs),
        },
        (response) => {
          const { statusCode = 0 } = response;
          response.on('end', () => resolve(statusCode >= 500 ? `answered ${statusCode}` : undefined));
          response.on('error', (error) => resolve(error.message));
          response.resume();
        },
      );
      call.on('error', (error) => resolve(error.message));
      call.end();
    });
  }
}
