import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { UnderstudyError } from '../../output/errors.js';
import { deadlineSignal } from '../../process/deadline.js';
import { explainCall } from '../call.js';

/** A text and the version of it that S3 names by its tag. */
export interface StoredText {
  readonly text: string;
  readonly tag: string;
}

/** What must hold for a write: that there is nothing yet, or that it is still the version that was read. */
export type Condition = { readonly absent: true } | { readonly tag: string };

const callMs = 60_000;
/** Of one object, whatever its size. */
const transferMs = 30 * 60_000;
/** S3 takes no more in one piece. */
const largestBytes = 5 * 1024 ** 3;

/** The objects of one bucket below a prefix, with a deadline for each call and errors that name it. */
export class Bucket {
  constructor(
    private readonly client: S3Client,
    private readonly name: string,
    /** Empty, or ending in a slash. */
    private readonly prefix: string,
  ) {}

  /** `s3://BUCKET/PREFIX…`, for a person. */
  placeOf(key = ''): string {
    return `s3://${this.name}/${this.prefix}${key}`;
  }

  /** @returns undefined if there is none */
  async read(key: string): Promise<StoredText | undefined> {
    const found = await this.readNewer(key, undefined);
    return found === 'unchanged' ? undefined : found;
  }

  /**
   * The same for somebody who has read it before and asks again and again.
   * @param tag of what was read; undefined if nothing was
   * @returns `unchanged` if it is still that
   */
  async readNewer(key: string, tag: string | undefined): Promise<StoredText | 'unchanged' | undefined> {
    try {
      return await this.#call('s3:GetObject', key, callMs, async (abortSignal) => {
        const get = new GetObjectCommand({ ...this.#at(key), ...(tag === undefined ? {} : { IfNoneMatch: tag }) });
        const { Body, ETag } = await this.client.send(get, { abortSignal });
        return { text: (await Body?.transformToString()) ?? '', tag: ETag ?? '' };
      });
    } catch (error) {
      const cause = (error as UnderstudyError).cause;
      if (statusOf(cause) === 304) return 'unchanged';
      if (isMissing(cause)) return undefined;
      throw error;
    }
  }

  /** The bytes of an object as they come. */
  async stream(key: string, signal?: AbortSignal): Promise<Readable> {
    const found = await this.#ask('s3:GetObject', key, () =>
      this.client.send(new GetObjectCommand(this.#at(key)), signal ? { abortSignal: signal } : {}),
    );
    if (!found) throw gone(this.placeOf(key));
    return found.Body as Readable;
  }

  /** @returns its size in bytes; undefined if there is none */
  async size(key: string): Promise<number | undefined> {
    return this.#ask('s3:GetObject', key, async (abortSignal) => {
      const { ContentLength } = await this.client.send(new HeadObjectCommand(this.#at(key)), { abortSignal });
      return ContentLength ?? 0;
    });
  }

  /**
   * Writes a text, if what must hold does.
   * @returns its tag; undefined if it does not hold, and nothing was written
   */
  async write(key: string, text: string, condition: Condition | undefined): Promise<string | undefined> {
    const only = !condition ? {} : 'absent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.tag };
    try {
      return await this.#call('s3:PutObject', key, callMs, async (abortSignal) => {
        const put = new PutObjectCommand({ ...this.#at(key), ...only, Body: text, ContentType: 'application/json' });
        return (await this.client.send(put, { abortSignal })).ETag ?? '';
      });
    } catch (error) {
      // 409: somebody else writes the same object at this moment.
      const status = statusOf((error as UnderstudyError).cause);
      if (condition && (status === 412 || status === 409)) return undefined;
      throw error;
    }
  }

  /**
   * @param sha256 of the file, in hex: S3 refuses bytes that are others
   * @throws code `object-too-large`
   */
  async upload(key: string, file: string, sha256: string, signal?: AbortSignal): Promise<void> {
    const { size } = await stat(file);
    if (size > largestBytes) {
      throw new UnderstudyError({
        code: 'object-too-large',
        message: `${file} has ${size} bytes, and S3 takes ${largestBytes} in one piece.`,
        remedy: 'Exclude what does not belong into a release: uploads and backups (`promotion.excludes`).',
      });
    }
    await this.#call(
      's3:PutObject',
      key,
      transferMs,
      (abortSignal) => {
        const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64');
        const body = { Body: createReadStream(file), ContentLength: size, ChecksumSHA256 };
        return this.client.send(new PutObjectCommand({ ...this.#at(key), ...body }), { abortSignal });
      },
      signal,
    );
  }

  /** Puts an object into a file, which appears when it is whole. @returns false if there is none */
  async download(key: string, file: string, signal?: AbortSignal): Promise<boolean> {
    if ((await this.size(key)) === undefined) return false;
    const aside = `${file}.${process.pid}.part`;
    const ending = deadlineSignal(transferMs, signal);
    try {
      await pipeline(await this.stream(key, ending), createWriteStream(aside, { flush: true }), { signal: ending });
      await rename(aside, file);
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof UnderstudyError ? error : this.#failed(error, 's3:GetObject', key);
    } finally {
      await rm(aside, { force: true });
    }
  }

  /** One that is not there is not an error. */
  async remove(key: string): Promise<void> {
    await this.#call('s3:DeleteObject', key, callMs, (abortSignal) =>
      this.client.send(new DeleteObjectCommand(this.#at(key)), { abortSignal }),
    );
  }

  /** Keys below a prefix of this one's, without this one's. */
  async *keys(below: string, signal?: AbortSignal): AsyncGenerator<string> {
    for await (const { keys } of this.#pages(below, undefined, signal)) yield* keys;
  }

  /** Names of the folders directly below a prefix that ends in a slash. */
  async folders(below: string, signal?: AbortSignal): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { folders } of this.#pages(below, '/', signal)) found.push(...folders);
    return found.map((folder) => folder.slice(below.length, -1));
  }

  async *#pages(below: string, delimiter: string | undefined, signal?: AbortSignal) {
    const bare = (key: string | undefined) => (key === undefined ? [] : [key.slice(this.prefix.length)]);
    let token: string | undefined;
    do {
      signal?.throwIfAborted();
      const where = {
        ...named(this.name),
        Prefix: this.prefix + below,
        Delimiter: delimiter,
        ContinuationToken: token,
      };
      const page = await this.#call('s3:ListBucket', below, callMs, (abortSignal) =>
        this.client.send(new ListObjectsV2Command(where), { abortSignal }),
      );
      yield {
        keys: (page.Contents ?? []).flatMap(({ Key }) => bare(Key)),
        folders: (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => bare(Prefix)),
      };
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  readonly #at = (key: string) => objectAt(this.name, this.prefix + key);

  /** For what may be missing. */
  async #ask<T>(action: string, key: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#call(action, key, callMs, work);
    } catch (error) {
      if (isMissing((error as UnderstudyError).cause)) return undefined;
      throw error;
    }
  }

  async #call<T>(
    action: string,
    key: string,
    ms: number,
    work: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      return await work(deadlineSignal(ms, signal));
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#failed(error, action, key);
    }
  }

  #failed(error: unknown, action: string, key: string): UnderstudyError {
    return explainCall(`${action} on ${this.placeOf(key)}`, error);
  }
}

// Outside of the class: within it, TypeScript 7.0.2 takes this property for the class of the same name, and what it
// compiles asks of no bucket at all.
const named = (bucket: string) => ({ Bucket: bucket });
const objectAt = (bucket: string, key: string) => ({ ...named(bucket), Key: key });

const statusOf = (error: unknown) => (error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined);

/** The object, not the bucket. */
const isMissing = (error: unknown) => statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket';

const gone = (place: string) =>
  new UnderstudyError({
    code: 'object-missing',
    message: `${place} is not there any more.`,
    remedy: 'Run the command again.',
  });
