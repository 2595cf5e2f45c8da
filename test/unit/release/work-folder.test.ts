import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inWorkFolder } from '../../../src/release/work-folder.js';

function makeParent(): string {
  const parent = mkdtempSync(join(tmpdir(), 'understudy-work-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return parent;
}

test('a work folder is empty, and gone afterwards, also after a failure', async () => {
  const parent = makeParent();
  const contents = await inWorkFolder(parent, 'work-', async (folder) => {
    writeFileSync(join(folder, 'x'), '');
    return readdirSync(folder);
  });
  expect(contents).toEqual(['x']);
  const failing = inWorkFolder(parent, 'work-', () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(readdirSync(parent)).toEqual([]);
});

test('what a crashed predecessor left goes, and its name is not used again: an orphan may still write there', async () => {
  const parent = makeParent();
  mkdirSync(join(parent, 'work-dead/deep'), { recursive: true });
  writeFileSync(join(parent, 'other'), '');
  const folders = new Set<string>(['work-dead']);
  for (let round = 0; round < 3; round++) {
    await inWorkFolder(parent, 'work-', async (folder) => {
      expect(existsSync(join(parent, 'work-dead'))).toBe(false);
      folders.add(folder);
    });
  }
  expect(folders.size).toBe(4);
  expect(readdirSync(parent)).toEqual(['other']);
});
