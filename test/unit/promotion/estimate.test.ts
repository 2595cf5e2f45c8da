import { expect, it } from 'vitest';
import { estimate } from '../../../src/promotion/estimate.js';

const nothing = { files: 0, mediaBytes: 0, transactions: 0 };
const run = (ms: number, files = 0) => ({ ...nothing, ms, files });

it('before anything was promoted, what the steps take elsewhere is told', () => {
  expect(estimate({ ...nothing, files: 2_500 }, [], 300)).toBe(6_000 + 2_500 + 300_000);
});

it('afterwards, what they took here, without what was moved then and with what is moved now', () => {
  const earlier = [run(12_500, 2_500), run(10_000), run(60_000)];
  expect(estimate({ ...nothing, transactions: 5_000 }, earlier, 0)).toBe(10_000 + 2_000);
});
