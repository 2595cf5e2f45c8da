import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDump } from '../../../src/import/dump/open-dump.js';
import { run } from '../../../src/process/run.js';

const text = 'INSERT INTO a VALUES (1);\n'.repeat(200_000);

describe('opening a dump', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-dump-'));
    await writeFile(join(folder, 'plain.sql'), text);
    await writeFile(join(folder, 'packed.gz'), gzipSync(text));
    await run('zstd', ['-q', join(folder, 'plain.sql'), '-o', join(folder, 'packed.zst')]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const readAll = async (name: string) => {
    const dump = await openDump(join(folder, name));
    // Nobody may read before somebody asks.
    for (let i = 0; i < 50; i++) await turn();
    const parts: Buffer[] = [];
    for await (const part of dump.parts) parts.push(part);
    return { content: Buffer.concat(parts).toString(), read: dump.read(), bytes: dump.bytes };
  };

  it.each(['plain.sql', 'packed.gz', 'packed.zst'])('%s is read as it is, whatever it is called', async (name) => {
    const { content, read, bytes } = await readAll(name);
    expect(content === text).toBe(true);
    expect(read).toBe(bytes);
  });

  it.each(['gz', 'zst'])('a damaged .%s is said to be one', async (kind) => {
    const { readFile } = await import('node:fs/promises');
    const whole = await readFile(join(folder, `packed.${kind}`));
    await writeFile(join(folder, 'damaged'), whole.subarray(0, whole.length - 200));
    await expect(readAll('damaged')).rejects.toMatchObject({ code: 'dump-unusable' });
  });

  it('one that is not there is wrong usage', async () => {
    await expect(openDump(join(folder, 'no.sql'))).rejects.toMatchObject({ code: 'dump-unusable', kind: 'usage' });
  });
});
