import { describe, expect, it } from 'vitest';
import { exitStatusOf } from '../../../src/cli/commands/promote.js';
import { planText, resultText } from '../../../src/cli/text/promotion-text.js';
import type { WireError } from '../../../src/output/errors.js';
import { toPosition } from '../../../src/platform/position.js';
import type { PromotionPlan } from '../../../src/promotion/facts.js';
import { outcomeOf, type PromotionResult, timingsOf } from '../../../src/promotion/result.js';

const failed: WireError = { code: 'x', message: 'It broke.', remedy: 'Mend it.', kind: 'failed' };
const refused: WireError = { ...failed, kind: 'refused' };
const undone = (step: string, error: WireError) => ({ outcome: 'undone', step, error, facts: {} }) as const;

describe('the outcome of a promotion', () => {
  it.each([
    ['done', { outcome: 'done', facts: {} }, 'promote', 'promoted'],
    ['a plan that is made', { outcome: 'done', facts: {} }, 'plan', 'planned'],
    ['a rollback that is done', { outcome: 'done', facts: {} }, 'rollback', 'promoted'],
    ['refused while nothing was changed', undone('stage', refused), 'promote', 'refused'],
    ['refused before its first step', undone('', refused), 'promote', 'refused'],
    ['media that cannot be read', undone('media', refused), 'promote', 'refused'],
    ['failed while nothing was changed', undone('stage', failed), 'promote', 'failed'],
    ['a bad release, seen by the canary', undone('canary', failed), 'promote', 'rolled-back'],
    ['refused after something was changed', undone('drain', refused), 'promote', 'rolled-back'],
    ['stuck', { outcome: 'stuck', step: 'finalise', error: failed, facts: {} }, 'promote', 'failed'],
  ] as const)('%s', (_, run, kind, outcome) => {
    expect(outcomeOf(run, kind)).toBe(outcome);
  });

  it('has the time of every step, of earlier runs too', () => {
    const entry = (event: string, step: string, ms: number) => ({ at: '', event, step, ms }) as never;
    expect(timingsOf([entry('doing', 'a', 0), entry('done', 'a', 5), entry('failed', 'b', 6)])).toEqual([
      { id: 'a', outcome: 'done', ms: 5 },
      { id: 'b', outcome: 'failed', ms: 6 },
    ]);
  });
});

const edition = { id: 3, release: 2, position: toPosition('0-1-42'), replicas: [] };
const result = (more: Partial<PromotionResult>): PromotionResult => ({
  id: '20260101T000000Z-1',
  kind: 'promote',
  outcome: 'promoted',
  edition,
  steps: [{ id: 'stage', outcome: 'done', ms: 1500 }],
  visitors: { requests: 100, failed: 0, longestGapMs: 0 },
  certificate: null,
  plan: null,
  error: null,
  standsAt: null,
  ...more,
});

describe('what a person is told', () => {
  it.each([
    ['promoted', result({}), 0, /^Promoted in 1\.5 s\. Prod serves edition 3 \(release 2, position 0-1-42\)/],
    ['rolled back by pointer', result({ kind: 'rollback' }), 0, /^Rolled back in/],
    [
      'taken back',
      result({ outcome: 'rolled-back', error: failed }),
      1,
      /^Taken back: It broke\.\n {2}Mend it\.\nProd/,
    ],
    ['refused', result({ outcome: 'refused', error: refused }), 3, /^Refused: It broke/],
    ['refused before the first one', result({ outcome: 'refused', edition: null }), 3, /Prod serves nothing yet\.$/],
    ['failed early', result({ outcome: 'failed', error: failed }), 1, /^Failed: .*\n.*\nNothing was changed\./],
    [
      'stuck',
      result({ outcome: 'failed', error: failed, standsAt: 'finalise' }),
      1,
      /^Stopped in between, at the step "finalise": (.|\n)*--resume(.|\n)*--abort/,
    ],
  ])('%s', (_, given, status, text) => {
    expect(resultText(given)).toMatch(text);
    expect(exitStatusOf(given)).toBe(status);
  });

  const nothing = { added: [], changed: [], deleted: [] };
  const plan: PromotionPlan = {
    hash: '0123456789abcdef',
    release: 4,
    position: toPosition('0-1-42'),
    source: null,
    replaces: 3,
    files: {
      ...{ ...nothing, changed: [{ path: 'index.php', from: 1, to: 2 }] },
      groups: [{ id: 'plugins/shop', from: '1.0', to: '1.1', added: 0, changed: 1, deleted: 0, bytes: 2_000 }],
    },
    media: nothing,
    configurationChanged: false,
    content: { transactions: 1, changes: null, pinned: false },
    problems: [{ severity: 'warning', code: 'x', text: 'A table has no key.' }],
    estimateMs: 6000,
  };

  it('a plan names what changes, what to beware of, and how to do exactly this', () => {
    const text = planText(result({ outcome: 'planned', plan }));
    expect(text).toMatch(/release 4 at position 0-1-42, in place of edition 3/);
    expect(text).toMatch(/code +1 changed \(index\.php\), 2 B/);
    expect(text).toMatch(/plugins\/shop +1\.0 → 1\.1 +1 changed +2 KB/);
    expect(text).toMatch(/media +unchanged/);
    expect(text).toMatch(/content +1 transaction in/);
    expect(text).toMatch(/! A table has no key\./);
    expect(text).toMatch(/--plan-hash 0123456789abcdef$/);
    expect(text).not.toMatch(/nothing to promote/);
  });

  it('a plan without any change says so', () => {
    const files = { ...nothing, groups: [] };
    const empty = { ...plan, files, content: { transactions: 0, changes: null, pinned: false } };
    expect(planText(result({ plan: empty }))).toMatch(/There is nothing to promote\./);
    expect(planText(result({ plan: { ...empty, configurationChanged: true } }))).toMatch(/prod's own has changed/);
    expect(planText(result({ plan: { ...empty, replaces: null } }))).toMatch(/the first edition/);
  });
});
