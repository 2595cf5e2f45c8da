import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { hasErrno, UnderstudyError } from '../output/errors.js';
import type { Report } from '../output/messages.js';
import { isAlive } from '../process/identity.js';
import { type JournalEntry, parseEntry } from './journal.js';
import type { PromotionResult } from './result.js';

export interface FollowOptions {
  readonly journal: string;
  readonly report: Report;
  /** Told of every run that begins, before anything else of it. */
  readonly onBegun?: (process: { readonly pid: number }) => void;
  /** Stops following; the promotion goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Byte of the journal to begin at: its size before a run that goes on with it is started. Default 0. */
  readonly from?: number;
  /** How long the runner may take to write its first word. Default 15 s. */
  readonly startMs?: number;
}

const lookEveryMs = 50;

/**
 * Watches a promotion through its journal until it ends. It goes on whether anybody watches or not.
 * @throws code `runner-lost` if its process is gone without an end: the promotion waits for `--resume` or `--abort`
 */
export async function followPromotion({
  journal,
  report,
  onBegun,
  signal,
  from = 0,
  startMs = 15_000,
}: FollowOptions): Promise<PromotionResult> {
  const reader = new LineReader(journal, from);
  const startBy = performance.now() + startMs;
  let runner: Extract<JournalEntry, { event: 'begun' }>['process'] | undefined;
  for (;;) {
    // Asked before reading: what a process wrote before it was seen dead is then read below.
    const gone = runner ? !isAlive(runner) : performance.now() > startBy;
    let result: PromotionResult | undefined;
    for (const line of await reader.next()) {
      const entry = parseEntry(line);
      if (entry?.event === 'message') report(entry.message);
      if (entry?.event === 'begun') {
        runner = entry.process;
        result = undefined;
        onBegun?.(runner);
      }
      if (entry?.event === 'ended' || entry?.event === 'stopped') result = entry.result as PromotionResult;
    }
    if (result) return result;
    if (gone) {
      throw new UnderstudyError({
        code: 'runner-lost',
        message: runner ? 'The process that carried out the promotion is gone.' : 'The promotion did not begin.',
        remedy: 'Finish it with `understudy promote --resume`, or take it back with `understudy promote --abort`.',
      });
    }
    await delay(lookEveryMs, undefined, signal ? { signal } : {});
  }
}

/** Reads whole lines from the end of a file that grows. */
class LineReader {
  #rest = '';
  #offset: number;

  constructor(
    private readonly path: string,
    from: number,
  ) {
    this.#offset = from;
  }

  async next(): Promise<readonly string[]> {
    const text = this.#rest + (await this.#read());
    const lines = text.split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  async #read(): Promise<string> {
    try {
      const file = await open(this.path, 'r');
      try {
        const { size } = await file.stat();
        const { buffer, bytesRead } = await file.read(
          Buffer.alloc(size - this.#offset),
          0,
          size - this.#offset,
          this.#offset,
        );
        this.#offset += bytesRead;
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return '';
      throw error;
    }
  }
}
