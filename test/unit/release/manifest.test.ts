import { expect, test } from 'vitest';
import { formatManifest, type ManifestEntry, readManifest } from '../../../src/release/manifest.js';

const hash = 'a'.repeat(64);
const entries: ManifestEntry[] = [
  { type: 'd', path: 'a' },
  { type: 'l', path: 'a-link', target: 'a/ b' },
  { type: 'f', path: 'a/ b', mode: '755', size: 12, hash, pack: 3 },
];

test('a manifest reads back as it was written, whatever order it was given in', () => {
  expect([...readManifest(formatManifest(entries.toReversed()))]).toEqual(entries);
  expect([...readManifest(formatManifest([]))]).toEqual([]);
});

test.each([
  ['an empty text', '', 1],
  ['another heading', 'understudy-manifest 2\n', 1],
  ['a line that is cut off', `understudy-manifest 1\nf\t644\t1\t${hash}\t1\ta`, 2],
  ['an unknown type', `understudy-manifest 1\nx\t644\t1\t${hash}\t1\ta\n`, 2],
  ['a field too many', `understudy-manifest 1\nf\t644\t1\t${hash}\t1\ta\tb\n`, 2],
  ['a field too few', `understudy-manifest 1\nd\t755\t0\t-\t-\ta\nd\t755\t0\t-\ta\n`, 3],
  ['a mode that it cannot have', `understudy-manifest 1\nf\t777\t1\t${hash}\t1\ta\n`, 2],
  ['a hash that is none', 'understudy-manifest 1\nf\t644\t1\tabc\t1\ta\n', 2],
  ['a file without a pack', `understudy-manifest 1\nf\t644\t1\t${hash}\t-\ta\n`, 2],
])('%s is refused, naming the line', (_, text, line) => {
  expect(() => [...readManifest(text)]).toThrow(
    expect.objectContaining({ code: 'manifest-unreadable', message: expect.stringContaining(`Line ${line} `) }),
  );
});
