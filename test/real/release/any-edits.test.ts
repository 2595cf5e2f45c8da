import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyRelease } from '../../../src/release/verify.js';
import { expectSameContent, listing, makeDev, packNames, unpack } from './fixture.js';

/** Mulberry32: the same sequence for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

test(`whatever is edited, manifest and packs give exactly the tree (SEED=${seed})`, async () => {
  const random = randomFrom(seed);
  const { documentRoot, state, archive, stage } = makeDev();
  const folders = ['', 'a', 'a/b', 'c d', 'é'];
  for (const folder of folders) mkdirSync(join(documentRoot, folder), { recursive: true });
  const path = () => join(documentRoot, folders[random(folders.length)] as string, `f${random(12)}`);
  const content = () => String(random(6)).repeat(random(400));
  const edits: (() => void)[] = [
    () => writeFileSync(path(), content()),
    () => writeFileSync(path(), content()),
    () => rmSync(path(), { force: true }),
    () => renameSync(path(), path()),
    () => chmodSync(path(), random(2) === 0 ? 0o644 : 0o755),
    () => {
      const link = path();
      rmSync(link, { force: true });
      symlinkSync(folders[0] === '' ? '.' : '..', link);
    },
    () => rmSync(join(documentRoot, 'a/b'), { recursive: true, force: true }),
    () => mkdirSync(join(documentRoot, 'a/b'), { recursive: true }),
  ];

  for (let release = 0; release < 25; release++) {
    for (let i = random(8); i >= 0; i--) {
      try {
        edits[random(edits.length)]?.();
      } catch {
        // An edit of what is not there.
      }
    }
    const staged = await stage();
    const unpacked = await unpack(state, staged.manifest);
    expectSameContent(documentRoot, unpacked);
    expect(withoutTimes(unpacked)).toEqual(withoutTimes(documentRoot));
    const kept = await archive.list();
    if (kept.length > 4) await archive.remove(kept[random(kept.length - 1)]?.number as number);
  }
  const kept = await archive.list();
  for (const { number } of kept) await verifyRelease(archive, number);
  const named = new Set(kept.flatMap(({ packs }) => packs.map(({ number }) => `${number}.tar.zst`)));
  expect(packNames(state)).toEqual([...named].sort());
}, 60_000);

/** A file that was touched keeps the time that its pack has. */
function withoutTimes(folder: string): string[] {
  return listing(folder).map((line) => JSON.stringify((JSON.parse(line) as string[]).slice(0, 4)));
}
