import { z } from 'zod';
import { run } from '../../process/run.js';
import { waitUntil } from '../../process/wait.js';

const askMs = 2_000;
/** Requests that run when PHP is started anew have 10 s to end (instance/php-fpm/php-fpm.conf). */
const refreshMs = 30_000;

const healthSchema = z.object({ degraded: z.array(z.string()).optional() });
const phpSchema = z.object({ 'start since': z.int(), 'active processes': z.int(), 'idle processes': z.int() });

/** The two servers of the instance that the agent is on, as they answer. */
export class Servers {
  /** @param origin where nginx answers; @param workers of PHP at most */
  constructor(
    private readonly origin: string,
    private readonly workers: number,
  ) {}

  /** What is not as it should be, in words. @returns undefined if it does not answer well */
  async degraded(): Promise<readonly string[] | undefined> {
    const text = await this.#ask('/-/health');
    return text === undefined ? undefined : (healthSchema.safeParse(json(text)).data?.degraded ?? []);
  }

  async php(): Promise<{ readonly busy: number; readonly most: number } | undefined> {
    const status = await this.#php();
    return status && { busy: status['active processes'], most: this.workers };
  }

  /** Whether nobody is being answered, but whoever asks this. */
  async areIdle(): Promise<boolean> {
    const [, reading, writing] = /Reading: (\d+) Writing: (\d+)/.exec((await this.#ask('/-/nginx-status')) ?? '') ?? [];
    // One writes: this answer itself. PHP afterwards: it goes on with what a visitor did not wait for.
    return reading === '0' && writing === '1' && (await this.#php())?.['active processes'] === 0;
  }

  /**
   * Starts PHP anew: requests that run come to their end first, and those that come meanwhile wait in its socket.
   * @throws code `deadline`
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    const began = performance.now();
    await run('systemctl', ['reload', 'understudy-php-fpm.service'], { signal });
    const isNew = async () => {
      const status = await this.#php();
      return status !== undefined && status['start since'] * 1000 <= performance.now() - began;
    };
    await waitUntil(isNew, { what: 'PHP to start anew', deadlineMs: refreshMs, everyMs: 200, signal });
  }

  async #php() {
    const text = await this.#ask('/-/fpm-status?json');
    return text === undefined ? undefined : phpSchema.safeParse(json(text)).data;
  }

  async #ask(path: string): Promise<string | undefined> {
    try {
      const answer = await fetch(`${this.origin}${path}`, { signal: AbortSignal.timeout(askMs), redirect: 'manual' });
      const text = await answer.text();
      return answer.ok ? text : undefined;
    } catch {
      return undefined;
    }
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
