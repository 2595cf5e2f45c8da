import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../output/errors.js';
import { waitUntil } from '../../process/wait.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import type { Servers } from './servers.js';

/** Longer than all but the slowest requests take: the same as locally. */
const quietMs = 5_000;

/**
 * Keeps requests from dev's application while a file is there that says until when: nginx looks for it at every
 * request. It is looked at every second, so it ends by itself, also in an agent that was started anew.
 */
export class DevHold {
  readonly #file: string;

  constructor(
    root: string,
    private readonly servers: Pick<Servers, 'areIdle'>,
    private readonly now: () => number = Date.now,
  ) {
    this.#file = join(root, 'held');
  }

  /** Returns when nothing is under way any more. @throws code `deadline`; nothing is held then */
  async hold(until: number, signal?: AbortSignal): Promise<void> {
    await writeFileAtomic(this.#file, String(until));
    try {
      const what = 'the requests that are under way to end';
      await waitUntil(() => this.servers.areIdle(), { what, deadlineMs: quietMs, signal });
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  async release(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  async endIfOver(): Promise<void> {
    const text = await readFile(this.#file, 'utf8').catch((error) => {
      if (hasErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (text !== undefined && !(Number(text) > this.now())) await this.release();
  }
}
