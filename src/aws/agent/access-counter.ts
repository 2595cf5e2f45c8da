import { open } from 'node:fs/promises';
import { countLines } from '../../access-log/instance-log.js';
import { hasErrno } from '../../output/errors.js';

/** At once, so that a burst of requests does not fill the memory. */
const chunkBytes = 4 * 1024 * 1024;

/** Counts the requests of visitors that an access log tells of, from when it is first read. */
export class AccessCounter {
  requests = 0;
  failed = 0;
  #at: { readonly file: number; readonly offset: number } | undefined;

  constructor(private readonly log: string) {}

  /** Reads what was written since. A log that was put aside is left where it was, and its successor read. */
  async read(): Promise<void> {
    const file = await open(this.log, 'r').catch((error) => {
      if (hasErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (!file) return;
    try {
      const { size, ino } = await file.stat();
      const isOther = this.#at !== undefined && (this.#at.file !== ino || this.#at.offset > size);
      let offset = isOther ? 0 : (this.#at?.offset ?? size);
      while (offset < size) {
        const { buffer, bytesRead } = await file.read(
          Buffer.alloc(Math.min(chunkBytes, size - offset)),
          0,
          undefined,
          offset,
        );
        // The last line may not be whole yet.
        const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
        if (end === 0) break;
        const { requests, failed } = countLines(buffer.toString('utf8', 0, end));
        this.requests += requests;
        this.failed += failed;
        offset += end;
      }
      this.#at = { file: ino, offset };
    } finally {
      await file.close();
    }
  }
}
