import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyContent } from '../../../src/release/copy-content.js';
import { sha256 } from '../../../src/release/manifest.js';
import { temporaryFolder } from './fixture.js';

const to = (folder: string) => ({ path: join(folder, 'copy'), mode: 0o755, modifiedMs: 1_600_000_000_500 });

test.each([0, 1, 262_143, 262_144, 262_145, 1_000_000])(
  'a file of %i bytes is copied whole, and its hash told',
  async (size) => {
    const folder = temporaryFolder();
    const content = Buffer.alloc(size, 'xyz');
    writeFileSync(join(folder, 'file'), content);
    const copied = await copyContent(join(folder, 'file'), to(folder), 10);
    expect(copied).toEqual({ hash: sha256(content), bytes: size, head: content.toString('latin1', 0, 10) });
    expect(readFileSync(join(folder, 'copy')).equals(content)).toBe(true);
    expect(statSync(join(folder, 'copy'))).toMatchObject({ mtimeMs: 1_600_000_000_500, mode: 0o100755 });
  },
);

test('a link in the place of the file is not followed, and a named pipe not waited for', async () => {
  const folder = temporaryFolder();
  symlinkSync('/etc/passwd', join(folder, 'link'));
  await expect(copyContent(join(folder, 'link'), to(folder))).rejects.toMatchObject({ code: 'ELOOP' });
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect(await copyContent(join(folder, 'pipe'), to(folder))).toMatchObject({ bytes: 0 });
});
