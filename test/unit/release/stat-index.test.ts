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

const scope = { documentRoot: '/srv/dev', release: 'aa' };

test('an index reads back as it was written, for its own document root and release only', async () => {
  const file = temporaryFile();
  const index = new Map([['a b/é\\', '1:2:3:4']]);
  await writeStatIndex(file, scope, index);
  expect(new Map(await readStatIndex(file, scope))).toEqual(index);
  expect((await readStatIndex(file, { ...scope, documentRoot: '/srv/other' })).size).toBe(0);
  expect((await readStatIndex(file, { ...scope, release: 'ab' })).size).toBe(0);
});

test('an index that is missing, damaged or of another version is empty: it only saves work', async () => {
  const file = temporaryFile();
  expect((await readStatIndex(file, scope)).size).toBe(0);
  writeFileSync(file, 'understudy-index 2 aa "/srv/dev"\n1:2\tx\n');
  expect((await readStatIndex(file, scope)).size).toBe(0);
  writeFileSync(file, 'understudy-index 1 aa "/srv/dev"\n\n1:2\n\tx\n1:2\tcut-off');
  expect((await readStatIndex(file, scope)).size).toBe(0);
});

test('where times are kept in whole seconds, a file is trusted later', () => {
  expect(settledAt({ identity: '1:0:1700000000123400000:1' })).toBeCloseTo(1_700_000_000_173.4, 2);
  expect(settledAt({ identity: '1:0:1700000000000000000:1' })).toBe(1_700_000_002_000);
});
