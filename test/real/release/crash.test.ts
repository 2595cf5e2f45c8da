import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { signalGroup } from '../../../src/process/run.js';
import { verifyRelease } from '../../../src/release/verify.js';
import { expectSameContent, makeDev, unpack, write } from './fixture.js';

async function startStaging(documentRoot: string, state: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'jiti/register', join(import.meta.dirname, 'stage-child.ts'), documentRoot, state],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

test('a staging that is killed at any moment leaves whole releases only, and the next one succeeds', async () => {
  const { documentRoot, state, archive, stage } = makeDev();
  const names = Array.from({ length: 300 }, (_, i) => `lib/${i}.php`);
  write(documentRoot, Object.fromEntries(names.map((name, i) => [name, `${i}`.repeat(2000)])));
  let last = (await stage()).release.number;

  for (const killAfterMs of [15, 50, 90, 130, 180]) {
    for (let i = 0; i < 300; i += 2)
      writeFileSync(join(documentRoot, `lib/${i}.php`), `${killAfterMs} ${i}`.repeat(3000));
    const child = await startStaging(documentRoot, state);
    const ended = once(child, 'exit');
    await delay(killAfterMs);
    signalGroup(child.pid, 'SIGKILL');
    await ended;
    for (const { number } of await archive.list()) await verifyRelease(archive, number);

    writeFileSync(join(documentRoot, 'lib/1.php'), `after ${killAfterMs}`);
    const { release, manifest } = await stage();

    expect(release.number).toBeGreaterThan(last);
    last = release.number;
    expectSameContent(documentRoot, await unpack(state, manifest));
    for (const { number } of await archive.list()) await verifyRelease(archive, number);
    expect(readdirSync(join(state, 'staging')).sort()).toEqual(['index']);
    expect(readdirSync(join(state, 'releases')).filter((name) => name.startsWith('.'))).toEqual([]);
  }
}, 60_000);

test('while one staging runs, a second one is refused, naming the first', async () => {
  const { documentRoot, state, stage } = makeDev();
  write(documentRoot, { 'index.php': 'x' });
  let second: unknown;
  await stage({
    report: async () => {
      second ??= stage().catch((error) => error);
    },
  });
  expect(await second).toMatchObject({ code: 'locked', kind: 'refused', message: expect.stringContaining('staged') });
  expect(readdirSync(join(state, 'staging'))).toEqual(['index']);
});
