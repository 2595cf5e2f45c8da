import { describe, expect, it } from 'vitest';
import { noticeOf } from '../../../src/promotion/notice.js';
import type { PromotionResult } from '../../../src/promotion/result.js';

const request = { by: 'anna', at: '2030-01-01T10:00:00.000Z' };
const result: PromotionResult = {
  id: 'p1',
  kind: 'promote',
  outcome: 'promoted',
  edition: { id: 7, release: 3, position: undefined, replicas: [] },
  steps: [],
  visitors: { requests: 100, failed: 0, longestGapMs: 10 },
  certificate: null,
  plan: null,
  error: null,
  standsAt: null,
};

describe('the notice of a promotion', () => {
  it('says what prod serves now, who asked for it, and how visitors fared', () => {
    expect(noticeOf(result, request)).toMatchObject({
      title: 'Dev was promoted to prod: edition 7',
      details: ['Asked for by anna; id p1.', 'Prod serves edition 7: release 3.', expect.stringContaining('0 failed')],
    });
  });

  it('says why one was taken back', () => {
    const error = { code: 'page-wrong', message: 'The page / is wrong.', remedy: 'Mend it.', kind: 'failed' as const };
    const notice = noticeOf({ ...result, outcome: 'rolled-back', error }, request);
    expect(notice?.title).toBe('A promotion was taken back');
    expect(notice?.details.at(-1)).toBe('Why: The page / is wrong. Mend it.');
  });

  it('asks for a decision about one that stands in between', () => {
    const notice = noticeOf({ ...result, outcome: 'failed', standsAt: 'finalise' }, request);
    expect(notice?.title).toBe('A promotion stands in between, at the step finalise');
    expect(notice?.toDo).toContain('--resume');
  });

  it('is not sent for a plan, or where nothing was changed', () => {
    expect(noticeOf({ ...result, kind: 'plan', outcome: 'planned' }, request)).toBeUndefined();
    expect(noticeOf({ ...result, outcome: 'refused' }, request)).toBeUndefined();
  });
});
