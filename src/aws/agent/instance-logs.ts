import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isWritingIntoOld } from '../../platform/instance-logs.js';
import { makeRoom } from '../../state/make-room.js';
import { sizeOf } from '../../state/size-of.js';
import type { Servers } from './servers.js';

/** A log is put aside when it is larger than this, and so many are kept: with what is written now, 256 MiB of each. */
const largestBytes = 64 * 1024 * 1024;
const kept = 3;

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
      if ((await sizeOf(file)) <= this.largest) continue;
      await makeRoom(file, kept);
      await rename(file, `${file}.1`);
    }
    if (isWritingIntoOld(this.#folder)) await this.servers.reopenLogs();
  }
}
