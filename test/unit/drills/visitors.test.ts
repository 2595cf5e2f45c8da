import { describe, expect, it } from 'vitest';
import { longestGap } from '../../../src/drills/visitors.js';

const answered = (endedAt: number) => ({ endedAt, problem: undefined });
const failed = (endedAt: number) => ({ endedAt, problem: 'answered 503' });

describe('the longest time without a good answer', () => {
  it('is that between two good ones, whatever came in between', () => {
    expect(longestGap([answered(100), failed(300), failed(500), answered(900), answered(1_000)], 0)).toBe(800);
  });

  it('counts from the beginning to the first good one, and from the last one to the end', () => {
    expect(longestGap([answered(400), answered(500)], 0)).toBe(400);
    expect(longestGap([answered(100), failed(700)], 0)).toBe(600);
  });

  it('does not depend on the order in which answers were noted', () => {
    expect(longestGap([answered(1_000), answered(100), answered(500)], 0)).toBe(500);
  });
});
