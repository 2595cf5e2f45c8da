/**
 * Waits for `work`, but no longer than `deadlineMs`.
 * @throws what `late` makes when the time is up; what comes of `work` afterwards is ignored
 */
export function inTime<T>(work: Promise<T>, deadlineMs: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    // When this process itself was busy past the deadline, the answer may lie in the socket already: timers run
    // before sockets are read, so the sockets get one turn first.
    const timer = setTimeout(() => setImmediate(() => setImmediate(() => reject(late()))), deadlineMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
