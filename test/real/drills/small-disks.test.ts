import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Layout, paths } from '../../../src/local/layout.js';
import { smallDisks } from '../../../src/local/small-disks.js';

const isRoot = process.getuid?.() === 0;

it.runIf(isRoot)(
  'a small disk hides what lay there, is filled to the last block, and leaves no data behind',
  async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'small disk '));
    const layout = { stateDir } as Layout;
    const disks = smallDisks(layout);
    const folder = join(paths.databases(layout), 'db-2');
    const data = join(folder, 'data');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'ibdata1'), 'of before');
    try {
      expect(await disks.whyNot('db-2')).toBeUndefined();
      await disks.give('db-2');
      expect(existsSync(data)).toBe(false);
      await disks.fill('db-2');
      expect((await statfs(folder)).bavail).toBe(0);
      await expect(writeFile(join(folder, 'more'), 'x')).rejects.toMatchObject({ code: 'ENOSPC' });
      await disks.clear('db-2');
      await rm(join(folder, 'more'), { force: true });
      await writeFile(join(folder, 'more'), 'x');
      expect(await readFile(join(folder, 'more'), 'utf8')).toBe('x');
      expect(await disks.given()).toEqual(['db-2']);
      expect(await disks.take('db-2')).toBe(true);
      // Neither what was written meanwhile nor what lay there before: both are older than what others have.
      expect([existsSync(join(folder, 'more')), existsSync(data), await disks.given()]).toEqual([false, false, []]);
      expect(await disks.take('db-2')).toBe(false);
    } finally {
      await disks.take('db-2');
      await rm(stateDir, { recursive: true });
    }
  },
);
