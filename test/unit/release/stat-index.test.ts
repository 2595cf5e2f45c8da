import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readStatIndex, settledAt, writeStatIndex } from '../../../src/release/stat-index.js';

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-index-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'index');
}

test('an index reads back as it was written, for its own document root only', async () => {
  const file = temporaryFile();
  const index = new Map([['a b/é\\', { identity: '1:2:3:4', hash: 'ff' }]]);
  await writeStatIndex(file, '/srv/dev', index);
  expect(await readStatIndex(file, '/srv/dev')).toEqual(index);
  expect(await readStatIndex(file, '/srv/other')).toEqual(new Map());
});

test('an index that is missing, damaged or of another version is empty: it only saves work', async () => {
  const file = temporaryFile();
  expect(await readStatIndex(file, '/srv/dev')).toEqual(new Map());
  writeFileSync(file, 'understudy-index 2 "/srv/dev"\n1\t2\tx\n');
  expect(await readStatIndex(file, '/srv/dev')).toEqual(new Map());
  writeFileSync(file, 'understudy-index 1 "/srv/dev"\n1\t2\n\n\t\t\n');
  expect(await readStatIndex(file, '/srv/dev')).toEqual(new Map());
});

test('where times are kept in whole seconds, a file is trusted later', () => {
  expect(settledAt({ changedMs: 1_700_000_000_123.4 })).toBe(1_700_000_000_173.4);
  expect(settledAt({ changedMs: 1_700_000_000_000 })).toBe(1_700_000_002_000);
});
