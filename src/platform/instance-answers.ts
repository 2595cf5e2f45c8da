import { z } from 'zod';

/** What PHP-FPM says of its workers. */
export interface PhpStatus {
  readonly busy: number;
  /** Requests that a worker has begun with, since PHP was started. */
  readonly begun: number;
  /** Requests that wait for a worker. */
  readonly waiting: number;
  readonly secondsSinceStart: number;
}

const phpSchema = z
  .object({
    'active processes': z.number(),
    'accepted conn': z.number(),
    'listen queue': z.number(),
    'start since': z.number(),
  })
  .transform(
    (said): PhpStatus => ({
      busy: said['active processes'],
      begun: said['accepted conn'],
      waiting: said['listen queue'],
      secondsSinceStart: said['start since'],
    }),
  );

const healthSchema = z.object({ degraded: z.array(z.string()).default([]) });

/**
 * What an instance says of itself below `/-/` (instance/nginx/server.conf), which is the same on every platform.
 * Nothing is thrown: what does not answer well in time has said nothing.
 */
export class InstanceAnswers {
  /** @param origin where its nginx answers; @param deadlineMs of each question. One that is well takes milliseconds */
  constructor(
    private readonly origin: string,
    private readonly deadlineMs = 2_000,
  ) {}

  /** What is not as it should be although it is well, in words. @returns undefined if it is not well */
  async degraded(): Promise<readonly string[] | undefined> {
    const text = await this.#ask('health');
    return text === undefined ? undefined : (healthSchema.safeParse(parsed(text)).data?.degraded ?? []);
  }

  /** The status has a process of its own: it answers while all workers are busy. */
  async php(): Promise<PhpStatus | undefined> {
    const text = await this.#ask('fpm-status?json');
    return text === undefined ? undefined : phpSchema.safeParse(parsed(text)).data;
  }

  /** Connections that are open, and those of them that something is read from or written to; without this question's. */
  async nginx(): Promise<{ readonly open: number; readonly atWork: number } | undefined> {
    const text = (await this.#ask('nginx-status')) ?? '';
    const [, open, reading, writing] =
      /^Active connections: (\d+)[\s\S]*Reading: (\d+) Writing: (\d+)/.exec(text) ?? [];
    if (open === undefined) return undefined;
    return { open: Number(open) - 1, atWork: Number(reading) + Number(writing) - 1 };
  }

  async #ask(path: string): Promise<string | undefined> {
    try {
      const signal = AbortSignal.timeout(this.deadlineMs);
      const answer = await fetch(`${this.origin}/-/${path}`, { signal, redirect: 'manual' });
      const text = await answer.text();
      return answer.status === 200 ? text : undefined;
    } catch {
      return undefined;
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
