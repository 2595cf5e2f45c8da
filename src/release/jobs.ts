/** A piece of work; it may add more of it while it runs. */
export type Job = (add: (job: Job) => void) => Promise<void>;

/**
 * How many file operations are in flight. On a network file system each waits about a millisecond for the server, so
 * the time of a walk is the number of operations divided by this. Beyond 64 nothing is gained, and it also bounds the
 * open files (two for each copy). Node runs as many at once as UV_THREADPOOL_SIZE says, which main sets.
 */
export const filesInFlight = 64;

/**
 * Runs jobs, and those that they add, 64 at a time. `jobs` is read as places become free, so it may be long.
 * After a failure or an abort no new one begins.
 * @throws the first failure, or the signal's reason, once everything that had begun has ended: whoever cleans up
 *   afterwards does not race with a copy that is still being written
 */
export function runJobs(jobs: Iterable<Job>, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const given = jobs[Symbol.iterator]();
    const added: Job[] = [];
    let running = 0;
    let failure: { readonly reason: unknown } | undefined;

    const add = (job: Job) => {
      added.push(job);
    };
    const ended = () => {
      running--;
      proceed();
    };
    const failed = (reason: unknown) => {
      failure ??= { reason };
      ended();
    };
    const proceed = () => {
      if (signal?.aborted) failure ??= { reason: signal.reason };
      while (!failure && running < filesInFlight) {
        const job = added.pop() ?? given.next().value;
        if (!job) break;
        running++;
        job(add).then(ended, failed);
      }
      if (running > 0) return;
      if (failure) reject(failure.reason);
      else resolve();
    };
    proceed();
  });
}

/** Does the same work for each item, 64 at a time; fails as `runJobs` does. */
export function forEachInFlight<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  return runJobs(jobsFor(items, work), signal);
}

function* jobsFor<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Generator<Job, undefined> {
  for (const item of items) yield () => work(item);
  return undefined;
}
