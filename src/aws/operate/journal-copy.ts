import { open } from 'node:fs/promises';
import { hasErrno } from '../../output/errors.js';
import type { Bucket } from './bucket.js';

/**
 * A journal that grows on the operations host, copied to S3 for whoever watches it: whole lines, in objects that are
 * never changed, each named after the byte at which it begins. So a reader knows the name of the next one.
 */
const nameOf = (folder: string, from: number): string => `${folder}journal/${String(from).padStart(12, '0')}`;

/** How many bytes are copied. */
export async function copiedBytes(bucket: Bucket, folder: string): Promise<number> {
  let last: string | undefined;
  for await (const key of bucket.keys(`${folder}journal/`)) if (last === undefined || key > last) last = key;
  if (last === undefined) return 0;
  return Number(last.slice(last.lastIndexOf('/') + 1)) + ((await bucket.size(last)) ?? 0);
}

/** Copies a journal. Two who copy the same one do each other no harm: what a part holds is the same for both. */
export class JournalCopier {
  #from: number | undefined;
  #waitingSince: number | undefined;

  constructor(
    private readonly bucket: Bucket,
    /** In S3, ending in a slash. */
    private readonly folder: string,
    private readonly file: string,
  ) {}

  /**
   * Copies what has come since the last time.
   * @param patienceMs how long lines may wait that only count visitors. Default 0
   */
  async copy(patienceMs = 0): Promise<void> {
    this.#from ??= await copiedBytes(this.bucket, this.folder);
    const bytes = await this.#newLines(this.#from);
    if (bytes.length === 0) return;
    const text = bytes.toString('utf8');
    this.#waitingSince ??= performance.now();
    if (!isUrgent(text) && performance.now() - this.#waitingSince < patienceMs) return;
    const written = await this.bucket.write(nameOf(this.folder, this.#from), text, { absent: true });
    this.#waitingSince = undefined;
    this.#from = written === undefined ? undefined : this.#from + bytes.length;
  }

  /** On disk before they are copied: a host that is lost must not leave a copy of what its journal never had. */
  async #newLines(from: number): Promise<Buffer> {
    const file = await open(this.file, 'r+').catch((error) => {
      if (hasErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    try {
      const size = (await file?.stat())?.size ?? 0;
      if (!file || size <= from) return Buffer.alloc(0);
      await file.datasync();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1);
    } finally {
      await file?.close();
    }
  }
}

const isUrgent = (lines: string): boolean =>
  lines.split('\n').some((line) => line !== '' && !line.includes('"event":"visitors"'));

/** Reads a copied journal as it grows. */
export class JournalReader {
  constructor(
    private readonly bucket: Bucket,
    private readonly folder: string,
    private from = 0,
  ) {}

  /** Lines that have come since the last time. */
  async next(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (;;) {
      const part = await this.bucket.read(nameOf(this.folder, this.from));
      if (part === undefined) return lines;
      this.from += Buffer.byteLength(part.text);
      lines.push(...part.text.split('\n').filter((line) => line !== ''));
    }
  }
}
