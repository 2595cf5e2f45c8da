import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal, type JournalEntry, lastStep, progressOf, readJournal } from '../../../src/promotion/journal.js';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(dir, 'sub', 'journal.ndjson');
});
afterEach(() => rm(dir, { recursive: true }));

describe('the journal', () => {
  it('has every entry, in the order in which they were written, awaited or not', async () => {
    const journal = await Journal.open(path);
    for (let step = 0; step < 50; step++) {
      const note = { kind: 'note', level: 'info', text: String(step) } as const;
      void journal.write({ event: 'message', message: note });
    }
    await journal.write({ event: 'doing', step: 'a' });
    await journal.close();
    const entries = await readJournal(path);
    expect(entries.map((entry) => ('message' in entry && 'text' in entry.message ? entry.message.text : ''))).toEqual([
      ...Array.from({ length: 50 }, (_, step) => String(step)),
      '',
    ]);
  });

  it('leaves out a line that a crash has cut short, and goes on after it', async () => {
    const first = await Journal.open(path);
    await first.write({ event: 'doing', step: 'a' });
    await first.close();
    await appendFile(path, '{"at":"2026-01-01T00:00:00Z","event":"do');
    expect(await readJournal(path)).toHaveLength(1);
    const second = await Journal.open(path);
    await second.write({ event: 'doing', step: 'b' });
    await second.close();
    expect((await readJournal(path)).map((entry) => 'step' in entry && entry.step)).toEqual(['a', 'b']);
    expect(await readFile(path, 'utf8')).toContain('"event":"do\n');
  });

  it('that is not there is empty', async () => {
    expect(await readJournal(path)).toEqual([]);
  });
});

const entry = (event: 'doing' | 'done' | 'undoing' | 'undone' | 'failed', step: string): JournalEntry =>
  ({ at: '', event, step, ms: 1, facts: `of ${step}`, error: { code: 'x', message: 'x', kind: 'failed' } }) as never;

describe('the progress that a journal tells', () => {
  it('knows what is done and what is in the middle', () => {
    const progress = progressOf([entry('doing', 'a'), entry('done', 'a'), entry('doing', 'b')]);
    expect([...progress.steps]).toEqual([
      ['a', 'done'],
      ['b', 'doing'],
    ]);
    expect(progress).toMatchObject({ facts: { a: 'of a' }, undoing: false, ended: false });
    expect(lastStep(progress)).toBe('b');
  });

  it('keeps the facts of what was undone, which an undo that is repeated needs', () => {
    const progress = progressOf([
      ...[entry('doing', 'a'), entry('done', 'a'), entry('doing', 'b'), entry('failed', 'b')],
      ...[entry('undoing', 'b'), entry('undone', 'b'), entry('undoing', 'a'), entry('undone', 'a')],
    ]);
    expect(progress).toMatchObject({ facts: { a: 'of a' }, undoing: true });
    expect(lastStep(progress)).toBeUndefined();
  });

  it('is ended only by an end: a process that stopped says nothing about the promotion', () => {
    const process = { pid: 1, startTime: 1, bootId: 'x' };
    const stopped: JournalEntry = { at: '', event: 'stopped', process, result: {} };
    expect(progressOf([entry('doing', 'a'), stopped]).ended).toBe(false);
    expect(progressOf([{ ...stopped, event: 'ended' }]).ended).toBe(true);
  });
});
