import type { ZodType } from 'zod';
import type { Bucket } from '../operate/bucket.js';
import { parseStored } from '../operate/stored-json.js';

/** A JSON object of the bucket that is looked at again and again: it is fetched only when it has changed. */
export class Watched<T> {
  #seen: { readonly tag: string; readonly value: T } | undefined;

  constructor(
    private readonly bucket: Bucket,
    private readonly key: string,
    private readonly schema: ZodType<T>,
  ) {}

  /** @returns undefined if there is none. @throws code `state-unreadable` */
  async read(): Promise<T | undefined> {
    const found = await this.bucket.readNewer(this.key, this.#seen?.tag);
    if (found === 'unchanged') return this.#seen?.value;
    this.#seen = found && {
      tag: found.tag,
      value: parseStored(found.text, this.schema, this.bucket.placeOf(this.key)),
    };
    return this.#seen?.value;
  }
}
