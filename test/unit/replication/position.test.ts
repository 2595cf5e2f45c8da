import { describe, expect, test } from 'vitest';
import { toPosition } from '../../../src/platform/position.js';
import { compare, contains, transactionsBetween } from '../../../src/replication/position.js';

const at = toPosition;

describe('two positions', () => {
  test.each([
    ['', '', 'same'],
    ['', '0-1-1', 'before'],
    ['0-1-9', '0-1-10', 'before'],
    ['0-2-11', '0-1-10', 'after'],
    ['0-1-10', '0-1-10', 'same'],
    ['0-1-10', '0-2-10', 'diverged'],
  ])('%j stands to %j as %s', (a, b, order) => {
    expect(compare(at(a), at(b))).toBe(order);
  });

  test('a position contains itself and what is before it, not what has diverged', () => {
    expect(contains(at('0-2-11'), at('0-1-10'))).toBe(true);
    expect(contains(at('0-1-10'), at('0-1-10'))).toBe(true);
    expect(contains(at('0-1-10'), at(''))).toBe(true);
    expect(contains(at('0-1-10'), at('0-2-10'))).toBe(false);
    expect(contains(at(''), at('0-1-1'))).toBe(false);
  });

  test('the distance is counted in transactions and never negative', () => {
    expect(transactionsBetween(at(''), at('0-1-7'))).toBe(7);
    expect(transactionsBetween(at('0-1-9'), at('0-1-7'))).toBe(0);
  });
});
