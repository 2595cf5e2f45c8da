import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathMap, plainText } from '../../../src/release/path-map.js';

const path = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
const text = fc.string({ unit: 'grapheme', maxLength: 300 });

describe('a map of paths', () => {
  it('answers as a Map does, whatever is set in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(path, text), { maxLength: 200 }), path, (entries, other) => {
        const [map, expected] = [new PathMap(plainText), new Map<string, string>()];
        for (const [key, value] of entries) {
          map.set(key, value);
          expected.set(key, value);
        }
        expect(map.size).toBe(expected.size);
        for (const key of [...expected.keys(), other]) {
          expect(map.get(key)).toBe(expected.get(key));
          expect(map.has(key)).toBe(expected.has(key));
        }
        expect(new Map(map)).toEqual(expected);
        expect(new Set(map.keys())).toEqual(new Set(expected.keys()));
      }),
    );
  });

  it('has everything of very many, each as it was set last', () => {
    const map = new PathMap(plainText);
    const many = 100_000;
    const nameOf = (n: number) => `wp-content/plugins/plugin-${n % 100}/includes/class-${n}.php`;
    for (let n = 0; n < many; n++) map.set(nameOf(n), `first ${n}`);
    for (let n = 0; n < many; n += 2) map.set(nameOf(n), `second ${n}`);
    expect(map.size).toBe(many);
    let wrong = 0;
    let seen = 0;
    for (const [key, value] of map) {
      const n = Number(/(\d+)\.php$/.exec(key)?.[1]);
      if (value !== `${n % 2 === 0 ? 'second' : 'first'} ${n}` || map.get(key) !== value) wrong++;
      seen++;
    }
    expect([seen, wrong]).toEqual([many, 0]);
  });

  it('refuses what it could not keep', () => {
    const map = new PathMap(plainText);
    expect(() => map.set('', 'x')).toThrow(RangeError);
    expect(() => map.set('x', 'x'.repeat(65_536))).toThrow(RangeError);
    expect(map.size).toBe(0);
    expect([...map]).toEqual([]);
  });
});
