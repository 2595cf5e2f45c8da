import { expect, test } from 'vitest';
import { checkLinks } from '../../../src/release/links.js';
import type { TreeEntry } from '../../../src/release/tree.js';

const file: TreeEntry = { type: 'f', size: 0, executable: false, identity: '' };

function check(links: Readonly<Record<string, string>>, provided: readonly string[] = []) {
  const tree = new Map<string, TreeEntry>([
    ['d', { type: 'd' }],
    ['d/e', { type: 'd' }],
    ['d/e/f', file],
    ...Object.entries(links).map(([path, target]) => [path, { type: 'l', target }] as const),
  ]);
  const { targets, problems } = checkLinks(tree, { roots: ['/srv/site', '/real/site'], provided });
  return { ...Object.fromEntries(targets), ...Object.fromEntries(problems.map(({ path, what }) => [path, what])) };
}

const outside = expect.stringContaining('outside');
const nowhere = expect.stringContaining('not there');

test.each([
  ['d/e/f', 'd/e/f'],
  ['./d//e/./f', './d//e/./f'],
  ['d/e/../e/f', 'd/e/../e/f'],
  ['.', '.'],
  ['/srv/site/d/e', 'd/e'],
  ['/real/site/', '.'],
  ['/srv/site', '.'],
  ['/srv/siteX/d', outside],
  ['/srv/site/../site/d', outside],
  ['..', outside],
  ['../site/d', outside],
  ['d/../../site/d', outside],
  ['/', outside],
  ['d/e/f/g', nowhere],
  ['d/e/f/..', nowhere],
  ['x', nowhere],
])('a link at the root to %s becomes %s', (target, result) => {
  expect(check({ link: target })).toEqual({ link: result });
});

test('".." counts from where a chain has led, not from where its text stands', () => {
  // d/up leads to the root, so d/up/../x is above it.
  expect(check({ 'd/up': '..', chain: 'd/up/../d' })).toEqual({ 'd/up': '..', chain: outside });
  expect(check({ 'd/deep': 'e', chain: 'd/deep/../e/f' })).toEqual({ 'd/deep': 'e', chain: 'd/deep/../e/f' });
});

test('an absolute link further down is made relative to its own folder', () => {
  expect(check({ 'd/e/link': '/srv/site/d/e/f' })).toEqual({ 'd/e/link': '../../d/e/f' });
});

test('circles end', () => {
  const circle = expect.stringContaining('circle');
  expect(check({ a: 'b', b: 'a', self: 'self', grows: 'grows/x' })).toEqual({
    a: circle,
    b: circle,
    self: circle,
    grows: circle,
  });
});

test('what every environment has of its own may be linked to, but not walked through', () => {
  const provided = ['wp-content/uploads'];
  expect(
    check({ a: 'wp-content/uploads/logo.png', b: 'wp-content/uploads/../../d', c: 'wp-content/x' }, provided),
  ).toEqual({
    a: 'wp-content/uploads/logo.png',
    b: outside,
    c: nowhere,
  });
});
