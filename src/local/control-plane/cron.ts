import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../output/errors.js';
import { type Account, run } from '../../process/run.js';

/** How often dev's WordPress looks at what is due: the finest grain that its schedules have. */
const everyMs = 60_000;
/** A job that runs longer is ended; WordPress takes it up again next time. */
const longestMs = 10 * 60_000;

export interface CronOptions {
  readonly php: string;
  readonly documentRoot: string;
  readonly account: Account | undefined;
  readonly log: (problem: string) => void;
}

/**
 * Runs dev's scheduled jobs. The control plane is the one elected runner, because there is only one of it: instances
 * have WordPress's own trigger switched off, and prod, which cannot write, has no jobs.
 */
export class CronRunner {
  #dueAt = 0;
  #running: Promise<void> | undefined;

  constructor(private readonly options: CronOptions) {}

  /** Starts a run if one is due and none is going on. Does not wait for it. */
  tick(now = performance.now()): void {
    if (this.#running || now < this.#dueAt) return;
    const { php, documentRoot, account, log } = this.options;
    if (!existsSync(join(documentRoot, 'wp-cron.php'))) return;
    this.#dueAt = now + everyMs;
    this.#running = run(php, ['wp-cron.php'], { cwd: documentRoot, as: account, deadlineMs: longestMs })
      .then(() => undefined)
      .catch((error) => log(messageOf(error)))
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Waits for a run that is going on. */
  async settle(): Promise<void> {
    await this.#running;
  }
}
