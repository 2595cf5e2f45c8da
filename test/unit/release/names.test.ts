import { expect, test } from 'vitest';
import { byBytes, nameProblem, printable } from '../../../src/release/names.js';

test('names are ordered by their UTF-8 bytes', () => {
  const names = [
    'a',
    'a/b',
    'a b',
    'a-b',
    'A',
    '',
    'é',
    '\uD7FF',
    '\uE000',
    '\uFFEE',
    '\u{10000}',
    '\u{1F600}',
    'a\u{1F600}',
    'a\uFFEE',
  ];
  const expected = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect([...names].sort(byBytes)).toEqual(expected);
  expect([...names].reverse().sort(byBytes)).toEqual(expected);
});

test('a name is refused for control characters and length', () => {
  expect(nameProblem('wp-content/plugins/é \\ " $.php')).toBeUndefined();
  expect(nameProblem('a\tb')).toContain('control character');
  expect(nameProblem('a\u0085b')).toContain('control character');
  expect(nameProblem('x'.repeat(1024))).toBeUndefined();
  expect(nameProblem('é'.repeat(513))).toContain('1026 bytes');
});

test('what is shown has no byte that a terminal could take for an order, and is not endless', () => {
  expect(printable(Buffer.from('\x1b[2J\x07é'))).toBe('\\x1b[2J\\x07é');
  expect(printable(Buffer.from([0x61, 0x0a, 0xff]))).toBe('a\\x0a\\xff');
  expect(printable(Buffer.from('x'.repeat(2000))).length).toBeLessThan(200);
});
