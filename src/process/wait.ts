import { setTimeout as delay } from 'node:timers/promises';
import { UnderstudyError } from '../output/errors.js';

export interface WaitOptions {
  /** What is waited for, as it stands in the error: "db-1 to accept connections". */
  readonly what: string;
  readonly deadlineMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly remedy?: string;
}

/**
 * Asks `probe` until it answers something other than undefined or false.
 * @returns what the probe answered
 * @throws code `deadline` when the time is up; the signal's reason when it is aborted; what the probe throws
 */
export async function waitUntil<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { what, deadlineMs, everyMs = 50, signal, remedy }: WaitOptions,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() >= end) {
      throw new UnderstudyError({
        code: 'deadline',
        message: `Waited ${(deadlineMs / 1000).toFixed(1)} s for ${what}, in vain.`,
        ...(remedy === undefined ? {} : { remedy }),
      });
    }
    // An aborted delay throws an error of its own; the loop throws the signal's reason.
    await delay(everyMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}
