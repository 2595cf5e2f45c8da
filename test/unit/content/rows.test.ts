import { describe, expect, test } from 'vitest';
import { sameFingerprint, together } from '../../../src/content/fingerprint.js';
import { type TableKey, whereInRange } from '../../../src/content/keys.js';
import { PartSize } from '../../../src/content/part-size.js';
import { type Cell, sameCell } from '../../../src/content/rows.js';
import type { Column } from '../../../src/content/shapes.js';

describe('two cells', () => {
  const large = (bytes: number, md5: string): Cell => ({ bytes, md5 });
  test.each<[Cell, Cell, boolean]>([
    [null, null, true],
    [null, '', false],
    ['', null, false],
    ['a', 'A', false],
    ['a', 'a ', false],
    [1, 1, true],
    [1, 1n, true],
    [5, '5', true],
    [Buffer.from('a'), Buffer.from('a'), true],
    [Buffer.from('a'), Buffer.from('b'), false],
    [large(9, 'x'), large(9, 'x'), true],
    [large(9, 'x'), large(9, 'y'), false],
    [large(9, 'x'), 'x', false],
  ])('%o and %o: %s', (a, b, same) => expect(sameCell(a, b)).toBe(same));
});

test('fingerprints of parts make up that of the whole, and pairs of rows do not cancel out', () => {
  const one = { rows: 1, sum: 5n, xor: 9n };
  const twice = together(one, one);
  expect(twice).toEqual({ rows: 2, sum: 10n, xor: 0n });
  const other = together({ rows: 1, sum: 6n, xor: 3n }, { rows: 1, sum: 6n, xor: 3n });
  expect(sameFingerprint(twice, other)).toBe(false);
});

test('a range of a key of several columns is asked column by column', () => {
  const column = (name: string): Column => ({
    name,
    dataType: 'int',
    type: 'int(11)',
    nullable: false,
    charset: null,
    collation: null,
    octets: null,
    defaultValue: null,
    extra: '',
    expression: null,
  });
  const key: TableKey = { index: 'PRIMARY', columns: [column('a'), column('b')] };
  expect(whereInRange(key, { after: ['1', '2'], upTo: ['3', '4'] })).toBe(
    'WHERE ((`a` > 1) OR (`a` = 1 AND `b` > 2)) AND (((`a` < 3) OR (`a` = 3 AND `b` < 4)) OR (`a` = 3 AND `b` = 4))',
  );
  expect(whereInRange(key, { after: undefined, upTo: undefined })).toBe('');
});

test('parts are small where rows are large, and follow what the servers manage', () => {
  const size = new PartSize(4_096, [{ averageRowBytes: 4 * 1024 * 1024 }]);
  expect(size.rows).toBe(8);
  size.took(5_000);
  expect(size.rows).toBe(4);
  for (let i = 0; i < 20; i++) size.took(1);
  expect(size.rows).toBe(4_096);
});
