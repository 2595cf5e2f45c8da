/** Says when something that was tried in vain may be tried again: later each time, until it has gone well for long. */
export class Backoff {
  #delayMs: number;
  #dueAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
  ) {
    this.#delayMs = firstMs;
  }

  isDue(now = performance.now()): boolean {
    return now >= this.#dueAt;
  }

  /** Not before `firstMs` from now; twice that the next time. */
  putOff(now = performance.now()): void {
    this.#dueAt = now + this.#delayMs;
    this.#delayMs = Math.min(this.#delayMs * 2, this.longestMs);
  }

  forget(): void {
    this.#delayMs = this.firstMs;
  }
}
