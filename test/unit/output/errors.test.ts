import { expect, it } from 'vitest';
import { fromWire, hasCode, refusal, toWire, UnderstudyError, usageError } from '../../../src/output/errors.js';

it.each([
  new UnderstudyError({ code: 'disk-full', message: 'There is no room.' }),
  usageError({ code: 'unknown-field', message: 'No such field.', remedy: 'Remove it.' }),
  refusal({ code: 'locked', message: 'Somebody is at it.' }),
])('an error crosses a process boundary whole: $code', (error) => {
  const arrived = fromWire(JSON.parse(JSON.stringify(toWire(error))));
  expect(arrived).toMatchObject({
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    kind: error.kind,
  });
  expect(hasCode(arrived, error.code)).toBe(true);
});

it('what nobody foresaw crosses as an internal failure with its message alone', () => {
  expect(toWire(new TypeError('x is not a function'))).toEqual({
    code: 'internal',
    message: 'x is not a function',
    kind: 'failed',
  });
  expect(toWire('text')).toMatchObject({ message: 'text' });
});
