import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { identify } from '../../../src/process/identity.js';
import { run } from '../../../src/process/run.js';
import { acquireLock, lockHolder } from '../../../src/state/lock.js';

const lockPath = async () => join(await mkdtemp(join(tmpdir(), 'lock-')), 'site.lock');

async function deadLock(path: string, text?: string): Promise<void> {
  const me = identify(process.pid);
  const dead = { who: 'somebody', why: 'gone', since: 'before', process: { ...me, startTime: 1 } };
  await writeFile(path, text ?? JSON.stringify(dead));
}

it('a lock that is held is refused, naming who holds it, why and since when', async () => {
  const path = await lockPath();
  const { holder } = await acquireLock(path, { why: 'promoting the shop' });
  await expect(acquireLock(path, { why: 'another' })).rejects.toMatchObject({
    code: 'locked',
    kind: 'refused',
    message: `${holder.who} is at it: promoting the shop (process ${process.pid}, since ${holder.since}).`,
  });
});

it('a lock that is given back can be taken, and leaves no file', async () => {
  const path = await lockPath();
  await (await acquireLock(path, { why: 'first' })).release();
  const second = await acquireLock(path, { why: 'second' });
  expect((await lockHolder(path))?.why).toBe('second');
  await second.release();
  expect(await readdir(dirname(path))).toEqual([]);
});

it('giving back twice does not take the lock from whoever has it now', async () => {
  const path = await lockPath();
  const first = await acquireLock(path, { why: 'first' });
  await first.release();
  await acquireLock(path, { why: 'second' });
  await first.release();
  expect((await lockHolder(path))?.why).toBe('second');
});

it.each([
  ['of a dead process', undefined],
  ['that a disk has lost the content of', ''],
])("a lock %s is nobody's and is taken over", async (_, text) => {
  const path = await lockPath();
  await deadLock(path, text);
  expect(await lockHolder(path)).toBeUndefined();
  await acquireLock(path, { why: 'after it' });
  expect((await lockHolder(path))?.why).toBe('after it');
});

it('also when whoever took it over last time died over it', async () => {
  const path = await lockPath();
  await deadLock(path);
  await deadLock(`${path}.takeover`);
  await acquireLock(path, { why: 'after both', waitMs: 2_000 });
  expect((await lockHolder(path))?.why).toBe('after both');
});

it('whoever waits gets it when it is given back', async () => {
  const path = await lockPath();
  const first = await acquireLock(path, { why: 'first' });
  const second = acquireLock(path, { why: 'second', waitMs: 5_000 });
  await first.release();
  expect((await second).holder.why).toBe('second');
});

it('of many processes that find a dead holder at the same moment, exactly one has the lock', async () => {
  const path = await lockPath();
  await deadLock(path);
  const module = fileURLToPath(new URL('../../../dist/state/lock.js', import.meta.url));
  const program = `
    const { acquireLock } = await import(${JSON.stringify(module)});
    const at = Number(process.argv[1]);
    while (Date.now() < at);
    try { await acquireLock(${JSON.stringify(path)}, { why: 'racing' }); console.log('won'); }
    catch (error) { console.log(error.code); }
    // The winner stays alive until all have tried.
    await new Promise((resolve) => setTimeout(resolve, 1500));
  `;
  const at = String(Date.now() + 2_000);
  const results = await Promise.all(
    Array.from({ length: 8 }, () => run(process.execPath, ['--input-type=module', '-e', program, at])),
  );
  const said = results.map(({ stdout }) => stdout).sort();
  expect(said.filter((word) => word === 'won')).toHaveLength(1);
  expect(said.filter((word) => word === 'locked')).toHaveLength(7);
  expect(JSON.parse(await readFile(path, 'utf8')).why).toBe('racing');
});
