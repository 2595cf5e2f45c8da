import { appendFile, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EventJournal } from '../../../src/local/event-journal.js';

const newFile = async () => join(await mkdtemp(join(tmpdir(), 'events-')), 'events.ndjson');

it('events are read in the order in which they were told, by another process too', async () => {
  const file = await newFile();
  const journal = new EventJournal(file);
  journal.tell({ kind: 'failover-begun', subject: 'db-1', detail: 'It does not run.' });
  journal.tell({ kind: 'failover-done', subject: 'db-2', detail: 'It is the primary.', ms: 312 });
  await journal.settled();
  const events = await new EventJournal(file).read();
  expect(events).toMatchObject([
    { kind: 'failover-begun', subject: 'db-1' },
    { kind: 'failover-done', subject: 'db-2', ms: 312 },
  ]);
  expect(await new EventJournal(file).read(new Date(Date.now() + 1_000).toISOString())).toEqual([]);
});

it('a line that was cut off is passed over', async () => {
  const file = await newFile();
  await appendFile(
    file,
    '{"at":"2026-01-01T00:00:00.000Z","kind":"cannot-start","subject":"db-1","detail":"x"}\n{"at":"20',
  );
  expect(await new EventJournal(file).read()).toHaveLength(1);
});

it('a file that has grown large is put aside and still read', async () => {
  const file = await newFile();
  const line = JSON.stringify({ at: '2026-01-01T00:00:00.000Z', kind: 'cannot-start', subject: 'db-1', detail: 'x' });
  await writeFile(file, `${line}\n`.repeat(15_000));
  const journal = new EventJournal(file);
  journal.tell({ kind: 'started-again', subject: 'db-1', detail: 'It stayed up.' });
  await journal.settled();
  expect((await stat(file)).size).toBeLessThan(1_000);
  expect(await journal.read()).toHaveLength(15_001);
});

it('one that cannot be written is told about, and nothing is thrown', async () => {
  const problems: unknown[] = [];
  const journal = new EventJournal('/nowhere/events.ndjson', (error) => problems.push(error));
  journal.tell({ kind: 'cannot-start', subject: 'db-1', detail: 'x' });
  await journal.settled();
  expect(problems).toHaveLength(1);
});
