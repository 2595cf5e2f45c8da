import { expect, test } from 'vitest';
import { compareManifests, sameContent } from '../../../src/release/compare.js';
import type { ManifestEntry } from '../../../src/release/manifest.js';

const file = (path: string, hash: string, size = 1, pack = 1, mode: '644' | '755' = '644'): ManifestEntry => ({
  type: 'f',
  path,
  hash,
  size,
  pack,
  mode,
});

test('a comparison tells additions, changes and deletions with their sizes', () => {
  const before = [
    file('same', 'x'),
    file('edited', 'x', 5),
    file('gone', 'x', 7),
    file('mode', 'x'),
    file('kind', 'x', 3),
  ];
  const after = [
    file('same', 'x', 1, 9),
    file('edited', 'y', 6),
    file('new', 'x', 2),
    file('mode', 'x', 1, 1, '755'),
    { type: 'l', path: 'kind', target: 'same' } as const,
    { type: 'd', path: 'folder' } as const,
  ];
  expect(compareManifests(before, after)).toEqual({
    added: [{ path: 'new', from: 0, to: 2 }],
    changed: [
      { path: 'edited', from: 5, to: 6 },
      { path: 'kind', from: 3, to: 0 },
      { path: 'mode', from: 1, to: 1 },
    ],
    deleted: [{ path: 'gone', from: 7, to: 0 }],
  });
  expect(compareManifests(undefined, before).added).toHaveLength(5);
});

test('content is the same wherever it is packed, and differs by an empty folder', () => {
  const release = new Map<string, ManifestEntry>([
    ['a', file('a', 'x')],
    ['d', { type: 'd', path: 'd' }],
  ]);
  expect(sameContent([{ type: 'd', path: 'd' }, file('a', 'x', 1, 5)], release)).toBe(true);
  expect(sameContent([file('a', 'x')], release)).toBe(false);
  expect(sameContent([file('a', 'x'), { type: 'd', path: 'e' }], release)).toBe(false);
  expect(sameContent([file('a', 'x'), { type: 'l', path: 'd', target: 'a' }], release)).toBe(false);
});
