import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { hasErrno, UnderstudyError } from '../output/errors.js';
import type { Report } from '../output/messages.js';
import { isAlive, type ProcessRef } from '../process/identity.js';
import { changesNothing } from './changes-nothing.js';
import { lastStep, parseEntry, progressOf, readJournal } from './journal.js';
import type { PromotionResult } from './result.js';

export interface FollowOptions {
  readonly journal: string;
  /** The process that carries it out. What others write into the journal is not its. */
  readonly runner: ProcessRef;
  readonly report: Report;
  /** Byte of the journal to begin at: its size before the runner was started. Default 0. */
  readonly from?: number;
  /** Stops following; the promotion goes on. */
  readonly signal?: AbortSignal | undefined;
}

const lookEveryMs = 50;

/**
 * Watches a promotion through its journal until the process that carries it out is done with it. It goes on whether
 * anybody watches or not.
 * @throws code `runner-lost` if that process is gone without a word
 */
export async function followPromotion(options: FollowOptions): Promise<PromotionResult> {
  const { journal, runner, report, signal, from = 0 } = options;
  const reader = new LineReader(journal, from);
  for (;;) {
    // Asked before reading: what a process wrote before it was seen dead is then read below.
    const gone = !isAlive(runner);
    for (const line of await reader.next()) {
      const entry = parseEntry(line);
      if (entry?.event === 'message') report(entry.message);
      if ((entry?.event === 'ended' || entry?.event === 'stopped') && isSame(entry.process, runner)) {
        return entry.result as PromotionResult;
      }
    }
    if (gone) throw await runnerLost(journal);
    await delay(lookEveryMs, undefined, signal ? { signal } : {});
  }
}

const isSame = (a: ProcessRef, b: ProcessRef) =>
  a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId;

async function runnerLost(journal: string): Promise<UnderstudyError> {
  const step = lastStep(progressOf(await readJournal(journal)));
  const message =
    step === undefined
      ? 'The process that was to carry out the promotion ended before it began.'
      : `The process that carried out the promotion is gone. It was cut off at the step "${step}".`;
  const remedy = changesNothing(step ?? '')
    ? 'Nothing was changed in prod. Run it again.'
    : 'Finish it with `understudy promote --resume`, or take it back with `understudy promote --abort`.';
  return new UnderstudyError({ code: 'runner-lost', message, remedy });
}

/** Reads whole lines from the end of a file that grows. */
class LineReader {
  #rest: Buffer = Buffer.alloc(0);
  #offset: number;

  constructor(
    private readonly path: string,
    from: number,
  ) {
    this.#offset = from;
  }

  /** Lines are told apart as bytes: a character may come in two parts. */
  async next(): Promise<readonly string[]> {
    const bytes = Buffer.concat([this.#rest, await this.#read()]);
    const end = bytes.lastIndexOf('\n') + 1;
    this.#rest = bytes.subarray(end);
    return end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n');
  }

  async #read(): Promise<Buffer> {
    try {
      const file = await open(this.path, 'r');
      try {
        const { size } = await file.stat();
        const length = Math.max(0, size - this.#offset);
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, this.#offset);
        this.#offset += bytesRead;
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return Buffer.alloc(0);
      throw error;
    }
  }
}
