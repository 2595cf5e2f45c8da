import { expect, it } from 'vitest';
import { look, type Replacement, type Wellbeing } from '../../../src/local/web/patience.js';

/** Looks once a second. @returns when it was replaced, in seconds, and how */
function watch(seconds: number, isWell: (second: number) => boolean): [number, Replacement][] {
  const replaced: [number, Replacement][] = [];
  let wellbeing: Wellbeing | undefined;
  for (let second = 0; second <= seconds; second++) {
    const seen = look(wellbeing, isWell(second), second * 1_000);
    wellbeing = seen.wellbeing;
    if (seen.replace) replaced.push([second, seen.replace]);
  }
  return replaced;
}

it('an instance that hangs is started anew after five seconds, then made anew, and then less and less often', () => {
  expect(watch(200, () => false)).toEqual([
    [5, 'servers'],
    [15, 'everything'],
    [35, 'everything'],
    [75, 'everything'],
    [155, 'everything'],
  ]);
});

it('an instance that is unwell for a moment is left alone', () => {
  expect(watch(600, (second) => second % 60 > 3)).toEqual([]);
});

it('an instance that comes and goes is replaced too', () => {
  const [first] = watch(60, (second) => second % 2 === 0);
  expect(first?.[1]).toBe('servers');
  expect(first?.[0]).toBeLessThan(20);
});

it('an instance that was well for half a minute is met with the first patience again', () => {
  const faults = (second: number) => second < 10 || second >= 60;
  expect(watch(66, (second) => !faults(second))).toEqual([
    [5, 'servers'],
    [65, 'servers'],
  ]);
});

it('a machine that was asleep does not lose its instances for that', () => {
  const { wellbeing } = look(undefined, false, 0);
  expect(look(wellbeing, false, 3_600_000).replace).toBeUndefined();
});
