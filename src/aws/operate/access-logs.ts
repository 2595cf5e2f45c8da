import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { dayPrefix, endOf } from '../../access-log/key.js';
import { linesOf } from '../../access-log/lines.js';
import { UnderstudyError } from '../../output/errors.js';
import type { AccessLogs } from '../../platform/access-logs.js';
import type { Bucket } from './bucket.js';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** A load balancer delivers every five minutes. */
const followMs = 30_000;

/**
 * The access logs that load balancers have put into a bucket, of every account and region that is in it. The bucket
 * is one below the prefix that they were told, which comes before `AWSLogs/`.
 */
export class S3AccessLogs implements AccessLogs {
  readonly place: string;

  constructor(private readonly bucket: Bucket) {
    this.place = bucket.placeOf();
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
        for await (const key of this.bucket.keys(dayPrefix(writer, day), signal)) {
          if ((endOf(key) ?? 0) + minuteMs > since) yield key;
        }
      }
    }
  }

  /** `AWSLogs/ACCOUNT/elasticloadbalancing/REGION/`, as far as there are any. */
  async #writers(signal?: AbortSignal): Promise<readonly { account: string; region: string }[]> {
    const writers: { account: string; region: string }[] = [];
    for (const account of await this.bucket.folders('AWSLogs/', signal)) {
      const regions = await this.bucket.folders(`AWSLogs/${account}/elasticloadbalancing/`, signal);
      writers.push(...regions.map((region) => ({ account, region })));
    }
    return writers;
  }

  async *#read(key: string, signal?: AbortSignal): AsyncGenerator<readonly string[]> {
    const packed = await this.bucket.stream(key, signal);
    try {
      const lines = createGunzip();
      // An answer that breaks off must end the reading.
      packed.on('error', (error) => lines.destroy(error));
      yield* linesOf(packed.pipe(lines));
    } catch (cause) {
      signal?.throwIfAborted();
      throw new UnderstudyError({
        code: 'access-log-damaged',
        message: `The access log ${this.bucket.placeOf(key)} cannot be read.`,
        remedy: 'Run the command again. If it says the same, the file is damaged: remove it from the bucket.',
        cause,
      });
    }
  }
}
