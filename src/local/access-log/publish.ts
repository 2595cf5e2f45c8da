import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { formatEntry } from '../../access-log/entry.js';
import { dayPrefix, keyOf, type LogWriter } from '../../access-log/key.js';
import { hasErrno } from '../../output/errors.js';
import { run } from '../../process/run.js';
import { flushFolder } from '../../state/atomic-file.js';
import { type LineNames, parseRequestLine } from './request-line.js';
import { lastLine, linesBetween, type Progress, type Spool, type SpoolProgress, sizeOf, uniqueOf } from './spool.js';

/** A load balancer of AWS delivers its logs as often. */
const everyMs = 5 * 60_000;
/** Sooner, when so much has come. */
const largestBytes = 64 * 1024 * 1024;
const dayMs = 24 * 60 * 60_000;

export interface PublisherOptions {
  readonly spools: readonly Spool[];
  readonly progress: SpoolProgress;
  readonly folder: string;
  readonly names: LineNames;
  readonly writer: Omit<LogWriter, 'address'>;
  readonly retentionDays: number;
}

/**
 * Turns what the balancer has written down into compressed files, in the layout of an AWS load balancer's bucket.
 * What a crash cuts off is done again from the same lines into the same file, so that no request is there twice.
 */
export class AccessLogPublisher {
  #period = Math.floor(Date.now() / everyMs);

  constructor(private readonly options: PublisherOptions) {}

  /**
   * To be called every few seconds: publishes when it is time to, and removes what is old. What fails for one process
   * keeps nothing from the other; it is thrown when all is done.
   */
  async tick(now = Date.now()): Promise<void> {
    const period = Math.floor(now / everyMs);
    const isTime = period !== this.#period;
    this.#period = period;
    const failures: unknown[] = [];
    for (const spool of this.options.spools) {
      try {
        const { offset } = await this.options.progress.of(spool);
        if (isTime || (await sizeOf(spool)) - offset > largestBytes) await this.publish(spool);
      } catch (error) {
        failures.push(error);
      }
    }
    if (isTime) await this.#removeOld(now);
    if (failures.length > 0) throw failures[0];
  }

  /** Publishes what there is of one balancer process. */
  async publish(spool: Spool): Promise<void> {
    const { progress } = this.options;
    let reached = await this.#known(spool);
    if (reached.publishing === null) {
      const publishing = await this.#next(spool, reached.offset);
      if (!publishing) return;
      reached = { ...reached, publishing };
      // What is announced must be there after a power cut too.
      await flushFile(spool.file);
      await progress.set(spool, reached);
    }
    const { until, key } = reached.publishing as NonNullable<Progress['publishing']>;
    await this.#write(spool, reached.offset, until, key);
    await release(spool, reached.offset);
    await progress.set(spool, { offset: until, publishing: null });
  }

  /**
   * A spool that is smaller than what was published of it is another one. One that is smaller than what was going to be
   * published has lost its end in a power cut.
   */
  async #known(spool: Spool): Promise<Progress> {
    const reached = await this.options.progress.of(spool);
    const size = await sizeOf(spool);
    if (size < reached.offset) return { offset: 0, publishing: null };
    return size < (reached.publishing?.until ?? 0) ? { ...reached, publishing: null } : reached;
  }

  async #next(spool: Spool, offset: number): Promise<Progress['publishing'] | undefined> {
    const size = await sizeOf(spool);
    if (size <= offset) return undefined;
    const last = await lastLine(spool, offset, size);
    if (!last) return undefined;
    const { writer, names } = this.options;
    const at = parseRequestLine(last.line, names)?.at ?? Date.now();
    const key = keyOf({ ...writer, address: spool.address }, at, uniqueOf(spool, offset, last.end));
    return { until: last.end, key };
  }

  async #write(spool: Spool, from: number, until: number, key: string): Promise<void> {
    const path = join(this.options.folder, key);
    const aside = `${path}.tmp`;
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    await pipeline(
      Readable.from(linesBetween(spool, from, until)),
      new Transform({
        writableObjectMode: true,
        transform: (lines: readonly string[], _, done) => done(null, this.#format(lines)),
      }),
      createGzip(),
      createWriteStream(aside, { mode: 0o640, flush: true }),
    );
    await rename(aside, path);
    await flushFolder(dirname(path));
  }

  #format(lines: readonly string[]): string {
    let text = '';
    for (const line of lines) {
      const entry = parseRequestLine(line, this.options.names);
      if (entry) text += `${formatEntry(entry)}\n`;
    }
    return text;
  }

  /** By whole days, like a lifecycle rule of a bucket. */
  async #removeOld(now: number): Promise<void> {
    const { folder, writer, retentionDays } = this.options;
    const oldest = dayPrefix(writer, now - retentionDays * dayMs);
    const top = oldest.split('/').slice(0, -4).join('/');
    for (const day of await daysBelow(join(folder, top))) {
      if (join(folder, top, day) < join(folder, oldest)) await rm(join(folder, top, day), { recursive: true });
    }
  }
}

async function flushFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Gives the room of what was published back to the file system, a round later: somebody may still be reading it. */
async function release({ file }: Spool, until: number): Promise<void> {
  if (until === 0) return;
  await run('fallocate', ['--punch-hole', '--offset', '0', '--length', String(until), file]);
}

/** `YYYY/MM/DD` of every day that has a folder. */
async function daysBelow(folder: string): Promise<readonly string[]> {
  let found = [''];
  for (let level = 0; level < 3; level++) {
    const below = await Promise.all(
      found.map(async (path) => (await namesIn(join(folder, path))).map((name) => join(path, name))),
    );
    found = below.flat();
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  });
}
