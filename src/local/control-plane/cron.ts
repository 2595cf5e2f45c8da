import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from '../../process/run.js';
import type { Service, ServiceRecords } from '../service-record.js';

/** How often dev's WordPress looks at what is due: the finest grain that its schedules have. */
const everyMs = 60_000;
/** A job that runs longer is ended; WordPress takes it up again next time. */
const longestMs = 10 * 60_000;

export interface CronOptions {
  readonly php: string;
  readonly documentRoot: string;
  readonly account: Account | undefined;
  readonly logFile: string;
  readonly records: ServiceRecords;
}

/** What a run is written down as. */
export const cronService = 'cron';

/** What dev's WordPress runs its jobs with; a site that is not WordPress has none. */
export const cronProgram = (documentRoot: string) => join(documentRoot, 'wp-cron.php');

/**
 * Runs dev's scheduled jobs. The control plane is the one elected runner, because there is only one of it: instances
 * have WordPress's own trigger switched off, and prod, which cannot write, has no jobs. A run is written down like a
 * server, so that a control plane that takes over waits for one that is still going on.
 */
export class CronRunner {
  #pauses = 0;

  constructor(private readonly options: CronOptions) {}

  /** Begins no run meanwhile. One that is going on goes on. */
  async whilePaused<T>(work: () => Promise<T>): Promise<T> {
    this.#pauses++;
    try {
      return await work();
    } finally {
      this.#pauses--;
    }
  }

  /** Starts a run if one is due and none is going on. Does not wait for it. */
  async tick(now = Date.now()): Promise<void> {
    const { records } = this.options;
    if (this.#pauses > 0 || !existsSync(this.#program)) return;
    const last = await records.lastStart(cronService);
    const age = last === undefined ? Number.POSITIVE_INFINITY : now - Date.parse(last);
    // A start in the future is one from before the clock was set back.
    if (age >= 0 && age < everyMs) return;
    if (!(await records.find(cronService))) await records.start(this.#service, 0);
    else if (age < 0 || age > longestMs) await records.kill(cronService);
  }

  get #program(): string {
    return cronProgram(this.options.documentRoot);
  }

  get #service(): Service {
    const { php, account, logFile, documentRoot } = this.options;
    return {
      name: cronService,
      kind: 'job',
      mark: this.#program,
      daemon: { program: php, args: [this.#program], cwd: documentRoot, as: account, logFile },
    };
  }
}
