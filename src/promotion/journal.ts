import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { hasErrno, type WireError } from '../output/errors.js';
import type { Message } from '../output/messages.js';
import type { ProcessRef } from '../process/identity.js';

/** One line of the journal. All but messages are on disk before the next thing happens. */
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
  /** It stands in between and can be resumed. */
  | { readonly event: 'stopped'; readonly result: unknown }
  | { readonly event: 'ended'; readonly result: unknown };

/** An append-only record of what a run of steps did. One writer; any number of readers. */
export class Journal {
  private constructor(private readonly file: FileHandle) {}

  static async open(path: string): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true });
    const torn = (await endsTorn(path)) ? '\n' : '';
    const file = await open(path, 'a', 0o644);
    if (torn) await file.appendFile(torn);
    return new Journal(file);
  }

  /** Durable when it returns, but for messages, which only inform. */
  async write(event: JournalEvent): Promise<void> {
    const entry: JournalEntry = { at: new Date().toISOString(), ...event };
    await this.file.appendFile(`${JSON.stringify(entry)}\n`);
    if (event.event !== 'message') await this.file.datasync();
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/** Whether the writer was killed in the middle of the last line. */
async function endsTorn(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size === 0) return false;
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
      return buffer.toString() !== '\n';
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** All entries of a journal, oldest first. A line that a crash has cut short is left out. */
export async function readJournal(path: string): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
      const entry = parseEntry(line);
      if (entry) entries.push(entry);
    }
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
  }
  return entries;
}

/** One entry, or undefined for a line that is empty or was cut short. */
export function parseEntry(line: string): JournalEntry | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as JournalEntry);
  } catch {
    return undefined;
  }
}

/** Where each step stands, told from the journal alone: what a run that comes after a crash starts from. */
export interface Progress {
  /** Steps whose effects are there, oldest first, with what they found out. */
  readonly done: ReadonlyMap<string, unknown>;
  /** A step that had begun and whose effects may be there in part. */
  readonly unfinished: string | undefined;
  /** Whether an undo had begun: then going forward is no longer possible. */
  readonly undoing: boolean;
  readonly ended: unknown;
}

export function progressOf(entries: readonly JournalEntry[]): Progress {
  const done = new Map<string, unknown>();
  let unfinished: string | undefined;
  let undoing = false;
  let ended: unknown;
  for (const entry of entries) {
    switch (entry.event) {
      case 'doing':
        unfinished = entry.step;
        break;
      case 'done':
        done.set(entry.step, entry.facts);
        unfinished = undefined;
        break;
      case 'undoing':
        undoing = true;
        break;
      case 'undone':
        done.delete(entry.step);
        if (unfinished === entry.step) unfinished = undefined;
        break;
      case 'ended':
        ended = entry.result;
        break;
    }
  }
  return { done, unfinished, undoing, ended };
}
