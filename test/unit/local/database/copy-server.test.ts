import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeParts } from '../../../../src/local/database/copy-server.js';
import type { DatabaseServer } from '../../../../src/local/database/server.js';

test('copies that a crash has left unfinished are removed, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'copies-'));
  try {
    for (const name of ['data', 'data.old', 'data.aside', 'data.making-abc123', 'data.making-def456', 'tmp']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'ibdata1'), '');
    }
    await removeParts({ dataDir: join(folder, 'data') } as DatabaseServer);
    expect((await readdir(folder)).sort()).toEqual(['data', 'data.aside', 'data.old', 'tmp']);
    await removeParts({ dataDir: join(folder, 'never', 'data') } as DatabaseServer);
  } finally {
    await rm(folder, { recursive: true });
  }
});
