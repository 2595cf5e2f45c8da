import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UnderstudyError, usageError } from '../../output/errors.js';
import { deadlineSignal } from '../../process/deadline.js';
import { fileDigest } from './checksum.js';
import { mismatch } from './unpack-archive.js';

export interface DownloadOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly signal?: AbortSignal | undefined;
  /** Until the checksum is here: whether the server can be reached at all. Default 5 s. */
  readonly reachMs?: number;
  /** For the archive. Default 3 min. */
  readonly deadlineMs?: number;
}

/**
 * Fetches an archive and the SHA-1 that is published beside it, and compares the two.
 * @throws code `wordpress-unreachable` if the server cannot be reached, is too slow or answers with an error;
 *   `wordpress-version-unknown` if it has no such archive; `checksum-mismatch`; the signal's reason
 */
export async function downloadArchive(
  url: string,
  file: string,
  { fetch, signal, reachMs = 5_000, deadlineMs = 180_000 }: DownloadOptions,
): Promise<void> {
  const expected = await attempt(`${url}.sha1`, reachMs, signal, async (within) => {
    const response = await fetch(`${url}.sha1`, { signal: within });
    requireOk(url, response);
    return (await response.text()).trim().toLowerCase();
  });
  if (!/^[0-9a-f]{40}$/.test(expected)) throw unreachable(`${url}.sha1`, 'the answer is not a checksum');
  await attempt(url, deadlineMs, signal, async (within) => {
    const response = await fetch(url, { signal: within });
    requireOk(url, response);
    if (!response.body) throw new Error('the answer is empty');
    await pipeline(Readable.fromWeb(response.body as never), createWriteStream(file), { signal: within });
  });
  const found = await fileDigest(file, 'sha1');
  if (found !== expected) throw mismatch(url, expected, found);
}

async function attempt<T>(
  url: string,
  deadlineMs: number,
  signal: AbortSignal | undefined,
  work: (within: AbortSignal) => Promise<T>,
): Promise<T> {
  const within = deadlineSignal(deadlineMs, signal);
  try {
    return await work(within);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof UnderstudyError) throw error;
    throw unreachable(url, within.aborted ? `no answer within ${deadlineMs / 1000} s` : causeOf(error), error);
  }
}

/** fetch says only "fetch failed"; what happened is in the cause. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

function requireOk(url: string, { ok, status }: Response): void {
  if (ok) return;
  if (status === 404) {
    throw usageError({
      code: 'wordpress-version-unknown',
      message: `There is no ${url}.`,
      remedy: 'Correct app.source.version in the definition: it must be a version that wordpress.org has released.',
    });
  }
  throw unreachable(url, `the server answered ${status}`);
}

function unreachable(url: string, why: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError({
    code: 'wordpress-unreachable',
    message: `${url} could not be fetched: ${why}.`,
    remedy:
      'Check the connection, or name a folder or an archive in app.source of the definition. ' +
      'On Debian, `apt-get install wordpress` provides one for "auto".',
    cause,
  });
}
