import { expect, test } from 'vitest';
import type { Pack } from '../../../src/platform/release-archive.js';
import type { FileEntry } from '../../../src/release/manifest.js';
import { packsWholly } from '../../../src/release/pack-plan.js';

const packs = (contents: readonly number[]) =>
  new Map(
    contents.map((contentBytes, i): [number, Pack] => [
      i + 1,
      { number: i + 1, sha256: '', size: 1, files: 1, contentBytes },
    ]),
  );
const file = (pack: number, size: number): FileEntry => ({
  type: 'f',
  path: `${pack}`,
  mode: '644',
  hash: '',
  size,
  pack,
});

test.each([
  ['the first release', [], [file(1, 10)], [], false],
  ['eight packs', [1, 2, 3, 4, 5, 6, 7].map((n) => file(n, 10)), [file(8, 10)], Array(7).fill(10), false],
  ['nine packs', [1, 2, 3, 4, 5, 6, 7, 8].map((n) => file(n, 10)), [file(9, 10)], Array(8).fill(10), true],
  [
    'nine packs of which one is no longer named',
    [1, 2, 3, 4, 5, 6, 7].map((n) => file(n, 10)),
    [file(9, 10)],
    Array(8).fill(10),
    false,
  ],
  ['eight packs and nothing new', [1, 2, 3, 4, 5, 6, 7, 8].map((n) => file(n, 10)), [], Array(8).fill(10), false],
  ['half of it dead', [file(1, 50)], [], [100], false],
  ['more than half of it dead', [file(1, 49)], [], [100], true],
  ['more than half dead without what is new', [file(1, 40)], [file(2, 30)], [100], false],
])('%s: packed wholly: see the last column', (_, kept, fresh, contents, expected) => {
  const number = fresh[0]?.pack ?? 99;
  expect(packsWholly([...kept, ...fresh], number, packs(contents))).toBe(expected);
});
