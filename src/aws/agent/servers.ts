import { InstanceAnswers } from '../../platform/instance-answers.js';
import { run } from '../../process/run.js';
import { waitUntil } from '../../process/wait.js';

/** Requests that run when PHP is started anew have 10 s to end (instance/php-fpm/php-fpm.conf). */
const refreshMs = 30_000;

/** The two servers of the instance that the agent is on, as they answer. */
export class Servers {
  readonly #answers: InstanceAnswers;

  /** @param origin where nginx answers; @param workers of PHP at most */
  constructor(
    origin: string,
    private readonly workers: number,
  ) {
    this.#answers = new InstanceAnswers(origin);
  }

  /** What is not as it should be, in words. @returns undefined if it does not answer well */
  degraded(): Promise<readonly string[] | undefined> {
    return this.#answers.degraded();
  }

  async php(): Promise<{ readonly busy: number; readonly most: number } | undefined> {
    const status = await this.#answers.php();
    return status && { busy: status.busy, most: this.workers };
  }

  /** Whether nobody is being answered, but whoever asks this. PHP goes on with what a visitor did not wait for. */
  async areIdle(): Promise<boolean> {
    return (await this.#answers.nginx())?.atWork === 0 && (await this.#answers.php())?.busy === 0;
  }

  /** Has both go on in new log files. Lines that they have not written yet go into the old ones first. */
  async reopenLogs(): Promise<void> {
    await run('systemctl', [
      ...['kill', '--kill-whom=main', '--signal=SIGUSR1'],
      ...['understudy-nginx.service', 'understudy-php-fpm.service'],
    ]);
  }

  /**
   * Starts PHP anew: requests that run come to their end first, and those that come meanwhile wait in its socket.
   * @throws code `deadline`
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    const began = performance.now();
    await run('systemctl', ['reload', 'understudy-php-fpm.service'], { signal });
    const isNew = async () => {
      const status = await this.#answers.php();
      return status !== undefined && status.secondsSinceStart * 1000 <= performance.now() - began;
    };
    await waitUntil(isNew, { what: 'PHP to start anew', deadlineMs: refreshMs, everyMs: 200, signal });
  }
}
