import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrno, type WireError } from '../output/errors.js';
import type { Message } from '../output/messages.js';
import type { ProcessRef } from '../process/identity.js';
import type { MeterReading } from './traffic-meter.js';

/** One line of the journal. All but what only informs are on disk before the next thing happens. */
export type JournalEntry = { readonly at: string } & JournalEvent;

export type JournalEvent =
  | { readonly event: 'begun'; readonly process: ProcessRef; readonly mode: 'run' | 'resume' | 'abort' }
  | { readonly event: 'doing'; readonly step: string }
  | { readonly event: 'done'; readonly step: string; readonly ms: number; readonly facts: unknown }
  | { readonly event: 'failed'; readonly step: string; readonly ms: number; readonly error: WireError }
  | { readonly event: 'undoing'; readonly step: string }
  | { readonly event: 'undone'; readonly step: string; readonly ms: number }
  | { readonly event: 'undo-failed'; readonly step: string; readonly ms: number; readonly error: WireError }
  | { readonly event: 'message'; readonly message: Message }
  /** What visitors met so far. A run that comes after a crash counts on from the last one. */
  | { readonly event: 'visitors'; readonly reading: MeterReading }
  /**
   * This process is done with it, and the promotion stands as the steps above say: perhaps in between. Also of one
   * that never began because another has the lock, so it says nothing about the promotion itself.
   */
  | { readonly event: 'stopped'; readonly process: ProcessRef; readonly result: unknown }
  /** The promotion is over, one way or the other. */
  | { readonly event: 'ended'; readonly process: ProcessRef; readonly result: unknown };

/** An append-only record of what a run of steps did. One writer, whoever holds the lock; any number of readers. */
export class Journal {
  /** Entries reach the file in the order in which they were written, awaited or not. */
  #last: Promise<void> = Promise.resolve();

  private constructor(private readonly file: FileHandle) {}

  static async open(path: string): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a', 0o644);
    // Ends a line that a killed writer may have left unended; an empty line means nothing.
    await file.appendFile('\n');
    return new Journal(file);
  }

  /** Durable when it returns, but for messages and what visitors met, which only inform. */
  write(event: JournalEvent): Promise<void> {
    const entry: JournalEntry = { at: new Date().toISOString(), ...event };
    const writing = this.#last.then(async () => {
      await this.file.appendFile(`${JSON.stringify(entry)}\n`);
      if (event.event !== 'message' && event.event !== 'visitors') await this.file.datasync();
    });
    this.#last = writing.catch(() => undefined);
    return writing;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.file.close();
  }
}

/** All entries of a journal, oldest first. A line that a crash has cut short is left out. */
export async function readJournal(path: string): Promise<readonly JournalEntry[]> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (!hasErrno(error, 'ENOENT')) throw error;
    return '';
  });
  return text
    .split('\n')
    .map(parseEntry)
    .filter((entry) => entry !== undefined);
}

/** One entry, or undefined for a line that is empty or was cut short. */
export function parseEntry(line: string): JournalEntry | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as JournalEntry);
  } catch {
    return undefined;
  }
}

/** `doing`: its effects may be there in part. `done`: they are there. `undone`: they are not, or not any more. */
export type StepState = 'doing' | 'done' | 'undone';

/** Where each step stands, told from the journal alone: what a run that comes after a crash starts from. */
export interface Progress {
  /** Steps that ever began, in the order in which they did. */
  readonly steps: ReadonlyMap<string, StepState>;
  /** What steps have found out. Kept after an undo: an undo that is repeated needs them again. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Whether an undo has begun: then going forward is no longer possible. */
  readonly undoing: boolean;
  readonly ended: boolean;
}

export function progressOf(entries: readonly JournalEntry[]): Progress {
  const steps = new Map<string, StepState>();
  const facts: Record<string, unknown> = {};
  let undoing = false;
  let ended = false;
  for (const entry of entries) {
    switch (entry.event) {
      case 'doing':
        steps.set(entry.step, 'doing');
        break;
      case 'done':
        steps.set(entry.step, 'done');
        facts[entry.step] = entry.facts;
        break;
      case 'undoing':
        undoing = true;
        break;
      case 'undone':
        steps.set(entry.step, 'undone');
        break;
      case 'ended':
        ended = true;
        break;
    }
  }
  return { steps, facts, undoing, ended };
}

/** What visitors met up to the last reading that was written down. */
export function lastReading(entries: readonly JournalEntry[]): MeterReading | undefined {
  return entries.findLast((entry) => entry.event === 'visitors')?.reading;
}

/** The last step whose effects are there, wholly or in part. */
export function lastStep({ steps }: Progress): string | undefined {
  return [...steps].findLast(([, state]) => state !== 'undone')?.[0];
}
