import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { formatEntry } from '../../access-log/entry.js';
import { dayPrefix, endOf, type LogWriter } from '../../access-log/key.js';
import { linesOf } from '../../access-log/lines.js';
import { hasErrno, UnderstudyError } from '../../output/errors.js';
import type { AccessLogs } from '../../platform/access-logs.js';
import { type LineNames, parseRequestLine } from './request-line.js';
import { lastLine, linesBetween, type Spool, type SpoolProgress, sizeOf } from './spool.js';

export interface LocalAccessLogsOptions {
  readonly folder: string;
  readonly spools: readonly Spool[];
  readonly progress: SpoolProgress;
  readonly names: LineNames;
  readonly writer: Omit<LogWriter, 'address'>;
}

const dayMs = 24 * 60 * 60_000;
const minuteMs = 60_000;
const followMs = 200;

/** The access logs of a site on this machine: what is published, and what is not yet. */
export class LocalAccessLogs implements AccessLogs {
  readonly place: string;

  constructor(private readonly options: LocalAccessLogsOptions) {
    this.place = options.folder;
  }

  async *lines(since: number, signal?: AbortSignal): AsyncGenerator<readonly string[]> {
    const { starts, files } = await this.#snapshot(since);
    for (const file of files) {
      signal?.throwIfAborted();
      yield* published(file);
    }
    for (const [index, spool] of this.options.spools.entries()) {
      signal?.throwIfAborted();
      yield* this.#pending(spool, starts[index] ?? 0);
    }
  }

  /** Where each spool begins to be unpublished, and the files with what came before: both of one moment. */
  async #snapshot(since: number): Promise<{ starts: readonly number[]; files: readonly string[] }> {
    for (;;) {
      const starts = await this.#starts();
      const files = await this.#files(since);
      if ((await this.#starts()).every((start, index) => start === starts[index])) return { starts, files };
    }
  }

  #starts(): Promise<readonly number[]> {
    const { spools, progress } = this.options;
    return Promise.all(spools.map(async (spool) => (await progress.of(spool)).offset));
  }

  async #files(since: number): Promise<readonly string[]> {
    const { folder, writer } = this.options;
    const days: string[] = [];
    // A file lies under the day of its end; nobody asks for more days than there are.
    for (let day = Date.now() + minuteMs; day > since - dayMs && days.length < 3_660; day -= dayMs) {
      days.push(join(folder, dayPrefix(writer, day)));
    }
    const found = await Promise.all(days.reverse().map(filesIn));
    return found.flat().filter((file) => (endOf(file) ?? 0) + minuteMs > since);
  }

  follow(signal: AbortSignal): AsyncIterable<readonly string[]> {
    // Measured now, not when the first line is asked for.
    return this.#follow(Promise.all(this.options.spools.map(sizeOf)), signal);
  }

  async *#follow(from: Promise<number[]>, signal: AbortSignal): AsyncGenerator<readonly string[]> {
    const { spools } = this.options;
    const reached = await from;
    while (!signal.aborted) {
      for (const [index, spool] of spools.entries()) {
        const end = await this.#end(spool, reached[index] ?? 0);
        for await (const lines of linesBetween(spool, reached[index] ?? 0, end)) yield this.#format(lines);
        reached[index] = end;
      }
      await delay(followMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async *#pending(spool: Spool, from: number): AsyncGenerator<readonly string[]> {
    for await (const lines of linesBetween(spool, from, await this.#end(spool, from))) yield this.#format(lines);
  }

  /** The end of the last whole line after `from`, or `from`. */
  async #end(spool: Spool, from: number): Promise<number> {
    const size = await sizeOf(spool);
    if (size < from) return size;
    return (size > from && (await lastLine(spool, from, size))?.end) || from;
  }

  /** Lines as they are kept, from lines as the balancer writes them. */
  #format(lines: readonly string[]): readonly string[] {
    return lines.flatMap((line) => {
      const entry = parseRequestLine(line, this.options.names);
      return entry ? [formatEntry(entry)] : [];
    });
  }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort().map((name) => join(folder, name));
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

async function* published(file: string): AsyncGenerator<readonly string[]> {
  try {
    yield* linesOf(createReadStream(file).pipe(createGunzip()));
  } catch (cause) {
    throw new UnderstudyError({
      code: 'access-log-damaged',
      message: `The access log ${file} cannot be read.`,
      remedy: 'Put it aside and run the command again: the other files are read without it.',
      cause,
    });
  }
}
