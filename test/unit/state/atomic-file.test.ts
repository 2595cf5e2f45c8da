import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { killDaemon, startDaemon } from '../../../src/process/daemon.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { readJson, removeWhole, writeFileAtomic, writeJson } from '../../../src/state/atomic-file.js';

const folder = () => mkdtemp(join(tmpdir(), 'atomic-'));
const isRoot = process.getuid?.() === 0;

it('a file that is removed goes with what writers that were killed left aside of it, and nothing else goes', async () => {
  const dir = await folder();
  for (const name of ['a.env', 'a.env.4877.702ae2b8.tmp', 'a.env.old', 'b.env.4877.702ae2b8.tmp']) {
    await writeFile(join(dir, name), '');
  }
  await removeWhole(join(dir, 'a.env'));
  expect((await readdir(dir)).sort()).toEqual(['a.env.old', 'b.env.4877.702ae2b8.tmp']);
  await removeWhole(join(dir, 'none', 'a.env'));
});

it('a file gets exactly the mode that is asked for, whatever the umask', async () => {
  const file = join(await folder(), 'deep', 'secret.json');
  const before = process.umask(0o022);
  onTestFinished(() => void process.umask(before));
  await writeJson(file, { a: 1 }, { mode: 0o600 });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  process.umask(0o077);
  await writeFileAtomic(file, 'text', { mode: 0o664 });
  expect((await stat(file)).mode & 0o777).toBe(0o664);
});

it('a writer that is killed at any moment leaves the old content or the new, whole', async () => {
  const dir = await folder();
  const file = join(dir, 'state.json');
  const module = new URL('../../../dist/state/atomic-file.js', import.meta.url).href;
  const program = `
    const { writeJson } = await import(${JSON.stringify(module)});
    for (let n = 0; ; n++) await writeJson(${JSON.stringify(file)}, { n, filling: 'x'.repeat(200_000), end: n });
  `;
  const shape = z.object({ n: z.number(), filling: z.string(), end: z.number() });
  for (let round = 0; round < 5; round++) {
    const last = (await readJson(file, shape))?.n ?? -1;
    const writer = await startDaemon({
      program: process.execPath,
      args: ['--input-type=module', '-e', program],
      logFile: join(dir, 'log'),
    });
    onTestFinished(() => killDaemon(writer));
    await waitUntil(async () => ((await readJson(file, shape))?.n ?? -1) !== last, {
      what: 'a write',
      deadlineMs: 10_000,
      everyMs: 1 + round,
    });
    await killDaemon(writer);
    const found = await readJson(file, shape);
    expect(found?.end).toBe(found?.n);
  }
});

it.runIf(isRoot)('a disk that is full is said plainly, keeps the old content and leaves nothing aside', async () => {
  const dir = await folder();
  await run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dir]);
  onTestFinished(async () => {
    await run('umount', [dir]);
    await rm(dir, { recursive: true });
  });
  const file = join(dir, 'state');
  await writeFileAtomic(file, 'old');
  await expect(writeFileAtomic(file, 'x'.repeat(1_000_000))).rejects.toMatchObject({
    code: 'disk-full',
    message: expect.stringContaining(file),
  });
  expect(await readFile(file, 'utf8')).toBe('old');
  expect(await readdir(dir)).toEqual(['state']);
});

it('a file that is not there is undefined; one that cannot be understood is an error that names it', async () => {
  const dir = await folder();
  const file = join(dir, 'state.json');
  expect(await readJson(file, z.object({}))).toBeUndefined();
  for (const text of ['', '{"a":', '{"a":"text"}']) {
    await writeFile(file, text);
    await expect(readJson(file, z.object({ a: z.number() }))).rejects.toMatchObject({
      code: 'state-unreadable',
      message: expect.stringContaining(file),
    });
  }
});

it('a folder that cannot be written to is an error of the system, and nothing is left', async () => {
  const dir = join(await folder(), 'closed');
  await mkdir(dir);
  await writeFile(join(dir, 'in-the-way'), '');
  await expect(writeFileAtomic(join(dir, 'in-the-way', 'state'), 'x')).rejects.toThrow();
  await chmod(dir, 0o755);
  expect(await readdir(dir)).toEqual(['in-the-way']);
});
