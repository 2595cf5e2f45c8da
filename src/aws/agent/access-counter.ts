import { open, stat } from 'node:fs/promises';
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

  /** Reads what was written since; also the end of a log that was put aside meanwhile as `LOG.1`. */
  async read(): Promise<void> {
    const file = await stat(this.log).catch(ifMissing);
    if (!file) return;
    const last = this.#at;
    if (last && last.file !== file.ino) {
      const older = await stat(`${this.log}.1`).catch(ifMissing);
      if (older?.ino === last.file) await this.#count(`${this.log}.1`, last.offset);
    }
    const from = last === undefined ? file.size : last.file === file.ino && last.offset <= file.size ? last.offset : 0;
    await this.#count(this.log, from);
  }

  async #count(log: string, from: number): Promise<void> {
    const file = await open(log, 'r').catch(ifMissing);
    if (!file) return;
    try {
      const { size, ino } = await file.stat();
      let offset = from;
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

function ifMissing(error: unknown): undefined {
  if (hasErrno(error, 'ENOENT')) return undefined;
  throw error;
}
