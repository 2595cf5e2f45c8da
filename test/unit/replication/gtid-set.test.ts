import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countOf, gtidSetText, isSubset, parseGtidSet } from '../../../src/platform/gtid-set.js';
import { sequenceOf, toPosition } from '../../../src/platform/position.js';
import { compare, contains } from '../../../src/replication/position.js';

const a = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const b = '4e11fa47-71ca-11e1-9e33-c80aa9429562';

describe('a set of GTIDs', () => {
  test.each([
    [`${a}:1-5`, `${a}:1-5`, 5],
    [`${a.toUpperCase()}:1-3:4-5`, `${a}:1-5`, 5],
    [`${b}:7,\n${a}:3:1-2`, `${a}:1-3,${b}:7`, 4],
    [`${a}:1-3:audit:1-2`, `${a}:1-3,${a}:audit:1-2`, 5],
    ['', '', 0],
  ])('%j is %j with its transactions counted', (text, normal, count) => {
    expect(gtidSetText(parseGtidSet(text))).toBe(normal);
    expect(countOf(parseGtidSet(text))).toBe(count);
  });

  test.each(['0-1-42', 'x:1', `${a}`, `${a}:0-3`, `${a}:5-3`, `${a}:1-2-3`, `${a}:`])('%j is none', (text) => {
    expect(() => parseGtidSet(text)).toThrow(RangeError);
  });

  test('is what it is made of, in whatever order and however cut up', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 });
    fc.assert(
      fc.property(numbers, numbers, (left, right) => {
        const setOf = (found: readonly number[]) => parseGtidSet(`${a}:${found.join(':')}`);
        expect(countOf(setOf(left))).toBe(left.length);
        expect(isSubset(setOf(left), setOf(right))).toBe(left.every((one) => right.includes(one)));
        expect(gtidSetText(setOf(left))).toBe(gtidSetText(setOf([...left].reverse())));
      }),
    );
  });
});

describe('two positions of MySQL', () => {
  test.each([
    [`${a}:1-5`, `${a}:1-5`, 'same'],
    [`${a}:1-5`, `${a}:1-6`, 'before'],
    [`${a}:1-6,${b}:1`, `${a}:1-6`, 'after'],
    [`${a}:1-6`, `${a}:1-5,${b}:1`, 'diverged'],
    ['', `${a}:1`, 'before'],
  ])('%j stands to %j as %s', (left, right, order) => {
    expect(compare(toPosition(left), toPosition(right))).toBe(order);
  });

  test('are counted by transactions, and contain their parts', () => {
    expect(sequenceOf(toPosition(`${a}:1-6,${b}:1`))).toBe(7);
    expect(contains(toPosition(`${a}:1-6,${b}:1`), toPosition(`${b}:1`))).toBe(true);
  });
});
