import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../output/errors.js';
import { makeRoom } from '../../state/make-room.js';
import type { Servers } from './servers.js';

/** A log is put aside when it is larger than this, and so many are kept: with what is written now, 256 MiB of each. */
const largestBytes = 64 * 1024 * 1024;
const kept = 3;

/** Those that a server holds open. The others, `php.log` and `php-slow.log`, are opened for each message. */
const heldOpen = ['access.log', 'error.log', 'php-fpm.log'] as const;

/**
 * Keeps the logs of an instance from filling its disk. The agent does it, and not the distribution's own program: it
 * counts visitors out of one of them, and knows where the rest of what it counts is.
 */
export class InstanceLogs {
  readonly #folder: string;

  constructor(
    root: string,
    private readonly servers: Pick<Servers, 'reopenLogs'>,
    private readonly largest = largestBytes,
  ) {
    this.#folder = join(root, 'logs');
  }

  /** Puts aside what is large, and has the servers go on in new files: no line is lost. */
  async keepSmall(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.log'));
    for (const name of names) {
      const file = join(this.#folder, name);
      if (((await this.#sizeOf(name)) ?? 0) <= this.largest) continue;
      await makeRoom(file, kept);
      await rename(file, `${file}.1`);
    }
    // Told by what lies there, so that one who died in between is made up for: servers still write into the old one.
    for (const name of heldOpen) {
      if ((await this.#sizeOf(name)) !== undefined || (await this.#sizeOf(`${name}.1`)) === undefined) continue;
      await this.servers.reopenLogs();
      return;
    }
  }

  async #sizeOf(name: string): Promise<number | undefined> {
    const found = await stat(join(this.#folder, name)).catch((error) => {
      if (hasErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    return found?.size;
  }
}
