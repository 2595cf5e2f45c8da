import { z } from 'zod';

/** What PHP-FPM says of its workers. */
export interface PhpStatus {
  readonly busy: number;
  /** Requests that a worker has begun with, since PHP was started. */
  readonly begun: number;
}

const statusSchema = z
  .object({ 'active processes': z.number(), 'accepted conn': z.number() })
  .transform((said): PhpStatus => ({ busy: said['active processes'], begun: said['accepted conn'] }));

const answerMs = 500;

/** Asks an instance, whose status has a process of its own. @returns undefined if it does not say */
export async function phpStatus(origin: string): Promise<PhpStatus | undefined> {
  try {
    const answer = await fetch(`${origin}/-/fpm-status?json`, {
      signal: AbortSignal.timeout(answerMs),
      redirect: 'manual',
    });
    return statusSchema.parse(await answer.json());
  } catch {
    return undefined;
  }
}
