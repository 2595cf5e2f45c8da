import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../src/content/rewrite/address.js';
import { addressRewriter } from '../../../../src/content/rewrite/address-rewriter.js';
import { rewriteValue } from '../../../../src/content/rewrite/rewrite-value.js';
import { looksSerialised } from '../../../../src/content/rewrite/serialised.js';
import { type Built, type BuiltKey, read, serialised } from './php.js';

const old = parseAddress('https://old.example');
const fresh = parseAddress('https://a-longer-name.localhost:8443');
const forwards = addressRewriter([old], fresh);
const backwards = addressRewriter([fresh], old);

const forms: readonly (readonly [before: string, after: string])[] = [
  ['https://old.example', 'https://a-longer-name.localhost:8443'],
  ['https:\\/\\/old.example', 'https:\\/\\/a-longer-name.localhost:8443'],
  ['"//old.example', '"//a-longer-name.localhost:8443'],
  ['https%3A%2F%2Fold.example', 'https%3A%2F%2Fa-longer-name.localhost%3A8443'],
];

/** Bytes of every kind, and what looks like the format itself. */
const noise = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom('é€😀', '";}', 's:5:"', 'a:1:{', 'N;', '\\"', '\0*\0', '{"a":1}'),
);
const address = fc.constantFrom(...forms);
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

/** A text of both: each address stands between spaces, so that what it is does not depend on the noise. */
const text = fc
  .array(
    fc.oneof(
      noise.map((same) => [same, same] as const),
      address,
    ),
    { maxLength: 5 },
  )
  .map((parts) => ({
    before: base64(parts.map(([before]) => before).join(' ')),
    after: base64(parts.map(([, after]) => after).join(' ')),
  }))
  // Text that claims to be serialised is another matter: see below.
  .filter(({ before }) => !/^[ \t\n\r\0\v]*[sSaOCE]:\d/.test(Buffer.from(before, 'base64').toString('latin1')));

const { value } = fc.letrec<{ value: Built }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant<Built>({ kind: 'null' }),
    fc.boolean().map((flag): Built => ({ kind: 'bool', value: flag })),
    fc.integer().map((number): Built => ({ kind: 'int', value: number })),
    fc.double({ noNaN: true }).map((number): Built => ({ kind: 'double', value: String(number) })),
    text.map((both): Built => ({ kind: 'text', ...both })),
    text.map((both): Built => ({ kind: 'text', ...both })),
    tie('value').map((inner): Built => ({ kind: 'nested', value: inner })),
    fc
      .array(fc.tuple(fc.oneof<fc.Arbitrary<BuiltKey>[]>(fc.integer(), text), tie('value')), { maxLength: 5 })
      .map((entries): Built => ({ kind: 'array', entries: entries.map(([key, inner], n) => [apart(key, n), inner]) })),
    fc
      .tuple(fc.constantFrom('Thing', 'stdClass', 'ArrayObject'), fc.array(tie('value'), { maxLength: 3 }))
      .map(([name, values]): Built => ({ kind: 'object', class: name, values })),
    tie('value').map((inner): Built => ({ kind: 'custom', value: inner })),
    fc.constant<Built>({ kind: 'enum' }),
    tie('value').map((inner): Built => ({ kind: 'shared', value: inner })),
  ),
}));

/** Keys that differ stay different. */
function apart(key: BuiltKey, index: number): BuiltKey {
  if (typeof key === 'number') return key;
  const mark = Buffer.from(` ${index}`).toString('base64');
  const join = (part: string) =>
    Buffer.concat([Buffer.from(part, 'base64'), Buffer.from(mark, 'base64')]).toString('base64');
  return { before: join(key.before), after: join(key.after) };
}

describe('what PHP has serialised', () => {
  it('is, rewritten, what PHP makes of the rewritten values, byte by byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 40, maxLength: 80 }), async (values) => {
        for (const { before, after } of await serialised(values)) {
          const done = rewriteValue(before, forwards);
          expect(done.left).toEqual([]);
          expect(done.text).toBe(after);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('is read by PHP after the rewriting, and comes back the same by the opposite one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 40, maxLength: 80 }), async (values) => {
        const texts = (await serialised(values)).map(({ before }) => before);
        const done = texts.map((before) => rewriteValue(before, forwards).text);
        const answers = await read(done);
        done.forEach((after, index) => {
          expect(answers[index]?.readable, after).toBe(true);
          expect(rewriteValue(after, backwards).text).toBe(texts[index]);
        });
      }),
      { numRuns: 15 },
    );
  });
});

/** One edit of a text: a byte changed, some removed, some put in, the end cut off. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  remove: fc.nat(3),
  insert: fc.oneof(
    fc.constant(''),
    fc.constantFrom('1', '9', ':', ';', '"', '{', '}', 's', 'a', 'R:1;', '\0', '-'),
    noise,
  ),
  cut: fc.boolean(),
});
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function edited(original: string, { at, remove, insert, cut }: Edit): string {
  const place = Math.floor(at * original.length);
  const latin1 = Buffer.from(insert, 'utf8').toString('latin1');
  return original.slice(0, place) + latin1 + (cut ? '' : original.slice(place + remove));
}

describe('serialised data that was damaged', () => {
  it('is left byte by byte where PHP cannot read it, and read by PHP where it could', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(value, fc.array(edit, { minLength: 1, maxLength: 2 })), { minLength: 60, maxLength: 90 }),
        async (cases) => {
          const whole = await serialised(cases.map(([made]) => made));
          const damaged = whole.map(({ before }, index) => (cases[index]?.[1] ?? []).reduce(edited, before));
          const done = damaged.map((before) => rewriteValue(before, forwards));
          const [could, can] = await Promise.all([read(damaged), read(done.map(({ text: after }) => after))]);
          damaged.forEach((before, index) => {
            const after = done[index]?.text ?? '';
            if (could[index]?.readable) expect(can[index]?.readable, before).toBe(true);
            else if (looksSerialised(before.trim())) expect(after).toBe(before);
          });
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('any text at all', () => {
  it('never makes it fail, and has only addresses changed', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            noise,
            address.map(([before]) => before),
          ),
          { maxLength: 12 },
        ),
        (parts) => {
          const before = Buffer.from(parts.join(''), 'utf8').toString('latin1');
          const after = rewriteValue(before, forwards);
          if (after.count === 0) expect(after.text).toBe(before);
          // Lengths aside, nothing but addresses differs.
          const bare = (some: string) =>
            some.replace(/s:\d+:/g, 's:').replaceAll(/a-longer-name\.localhost(?::|%3A)8443/g, 'old.example');
          expect(bare(after.text)).toBe(bare(before));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
