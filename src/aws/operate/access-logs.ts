import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { dayPrefix, endOf } from '../../access-log/key.js';
import { linesOf } from '../../access-log/lines.js';
import { UnderstudyError } from '../../output/errors.js';
import type { AccessLogs } from '../../platform/access-logs.js';
import { awsError } from './aws-error.js';

export interface S3AccessLogsOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** What the load balancer was told to put before `AWSLogs/`: empty, or ending in a slash. */
  readonly prefix: string;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** A load balancer delivers every five minutes. */
const followMs = 30_000;

/** The access logs that load balancers have put into a bucket, of every account and region that is in it. */
export class S3AccessLogs implements AccessLogs {
  readonly place: string;

  constructor(private readonly options: S3AccessLogsOptions) {
    this.place = `s3://${options.bucket}/${options.prefix}`;
  }

  async *lines(since: number, signal?: AbortSignal): AsyncGenerator<readonly string[]> {
    for await (const key of this.#keys(since, signal)) yield* this.#read(key, signal);
  }

  async *follow(signal: AbortSignal): AsyncGenerator<readonly string[]> {
    const begun = Date.now();
    const seen = new Set<string>();
    while (!signal.aborted) {
      for await (const key of this.#keys(begun, signal)) {
        if (seen.has(key)) continue;
        seen.add(key);
        yield* this.#read(key, signal);
      }
      await delay(followMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Files in which a request can have ended since then. */
  async *#keys(since: number, signal?: AbortSignal): AsyncGenerator<string> {
    for (const writer of await this.#writers(signal)) {
      // A file lies under the day of its end.
      for (let day = since - (since % dayMs); day <= Date.now(); day += dayMs) {
        for await (const { keys } of this.#list(this.options.prefix + dayPrefix(writer, day), signal)) {
          yield* keys.filter((key) => (endOf(key) ?? 0) + minuteMs > since);
        }
      }
    }
  }

  /** `AWSLogs/ACCOUNT/elasticloadbalancing/REGION/`, as far as there are any. */
  async #writers(signal?: AbortSignal): Promise<readonly { account: string; region: string }[]> {
    const top = `${this.options.prefix}AWSLogs/`;
    const writers: { account: string; region: string }[] = [];
    for (const account of await this.#folders(top, signal)) {
      const regions = await this.#folders(`${top}${account}/elasticloadbalancing/`, signal);
      writers.push(...regions.map((region) => ({ account, region })));
    }
    return writers;
  }

  async #folders(prefix: string, signal?: AbortSignal): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { folders } of this.#list(prefix, signal, '/')) found.push(...folders);
    return found.map((folder) => folder.slice(prefix.length, -1));
  }

  async *#list(prefix: string, signal?: AbortSignal, delimiter?: string) {
    let token: string | undefined;
    do {
      const page = await this.#call('s3:ListBucket', signal, (abortSignal) => {
        const { client, bucket } = this.options;
        const where = { Bucket: bucket, Prefix: prefix, Delimiter: delimiter, ContinuationToken: token };
        return client.send(new ListObjectsV2Command(where), { abortSignal });
      });
      yield {
        keys: (page.Contents ?? []).flatMap(({ Key }) => Key ?? []),
        folders: (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []),
      };
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async *#read(key: string, signal?: AbortSignal): AsyncGenerator<readonly string[]> {
    const { client, bucket } = this.options;
    const { Body } = await this.#call('s3:GetObject', signal, (abortSignal) =>
      client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }),
    );
    try {
      const packed = Body as Readable;
      const lines = createGunzip();
      // An answer that breaks off must end the reading.
      packed.on('error', (error) => lines.destroy(error));
      yield* linesOf(packed.pipe(lines));
    } catch (cause) {
      signal?.throwIfAborted();
      throw new UnderstudyError({
        code: 'access-log-damaged',
        message: `The access log s3://${bucket}/${key} cannot be read.`,
        remedy: 'Run the command again. If it says the same, the file is damaged: remove it from the bucket.',
        cause,
      });
    }
  }

  #call<T>(action: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = AbortSignal.timeout(minuteMs);
    return work(signal ? AbortSignal.any([signal, deadline]) : deadline).catch((error) => {
      signal?.throwIfAborted();
      throw awsError(error, { action, resource: this.place });
    });
  }
}
