import { expect, it } from 'vitest';
import { refuseTooManyFailures, refuseTooSlow } from '../../../src/promotion/bake-limits.js';

const span = (uncached: number, p95Ms: number, requests = 0, failed = 0) => ({ uncached, p95Ms, requests, failed });

it.each([
  [1000, 2, false],
  [100, 3, true],
  [3, 3, true],
  [300, 3, false],
  [301, 4, true],
])('%i requests of which %i failed: taken back is %s', (requests, failed, takenBack) => {
  const look = () => refuseTooManyFailures({ requests, failed });
  if (takenBack) expect(look).toThrow(expect.objectContaining({ code: 'too-many-failures' }));
  else expect(look).not.toThrow();
});

it('a site of which one in twenty requests failed before is not taken back for that', () => {
  const before = span(0, 0, 1000, 50);
  expect(() => refuseTooManyFailures({ requests: 100, failed: 6 }, before)).not.toThrow();
  expect(() => refuseTooManyFailures({ requests: 100, failed: 7 }, before)).toThrow(/before: 50 of 1000/);
});

it.each([
  ['twice as slow, but quick', span(100, 80), span(100, 30), false],
  ['slower by half a second and less than twice', span(100, 1_600), span(100, 1_000), false],
  ['far slower', span(100, 900), span(100, 300), true],
  ['far slower, seen too rarely to say', span(19, 5_000), span(100, 300), false],
  ['far slower, with nothing to compare with', span(100, 5_000), span(3, 300), false],
])('%s: taken back is as it should be', (_, after, before, takenBack) => {
  const look = () => refuseTooSlow(after, before);
  if (takenBack) expect(look).toThrow(expect.objectContaining({ code: 'too-slow' }));
  else expect(look).not.toThrow();
});
