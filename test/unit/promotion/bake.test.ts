import { describe, expect, it } from 'vitest';
import type { PromotionContext } from '../../../src/promotion/context.js';
import { bake } from '../../../src/promotion/steps/bake.js';

/** A platform whose logs are never read to their end. */
const stuck = {
  database: undefined,
  traffic: {
    counters: async () => ({ requests: 0, failed: 0 }),
    span: () => new Promise<never>(() => undefined),
  },
};

describe('a bake', () => {
  it('that is taken back does not wait for what it is looking at', async () => {
    const wanted = new AbortController();
    const context = {
      platform: stuck,
      request: { id: 'one', bakeSeconds: 60 },
      report: () => undefined,
      signal: wanted.signal,
    } as unknown as PromotionContext;
    const watching = bake('/nowhere').do(context, {
      preflight: { previous: null },
      canary: { edition: { id: 2, release: 2, position: null, replicas: [] } },
      switch: { instances: [], spreadMs: 0, switchedAt: 0 },
    } as never);
    wanted.abort(new Error('Take it back.'));
    await expect(watching).rejects.toThrow('Take it back.');
  });
});
