import { describe, expect, it } from 'vitest';
import { type Outcome, recoveryMs } from '../../../src/drills/recovery.js';

const good = (sentAt: number, endedAt: number): Outcome => ({ sentAt, endedAt, problem: undefined });
const bad = (sentAt: number, endedAt: number): Outcome => ({ sentAt, endedAt, problem: 'answered 502' });
const before = [good(0, 100), good(500, 600)];

describe('the time to recovery', () => {
  it('is 0 when nothing went wrong', () => {
    expect(recoveryMs([...before, good(1_100, 1_200)], [1_000])).toBe(0);
  });

  it('ends with the first good answer to what was sent after the last failure', () => {
    const outcomes = [...before, bad(1_010, 1_020), good(1_050, 1_150), bad(1_200, 1_210), good(1_300, 1_420)];
    expect(recoveryMs(outcomes, [1_000])).toBe(420);
  });

  it('does not wait for a request that is stuck while later ones are answered', () => {
    expect(recoveryMs([...before, bad(990, 10_990), good(1_800, 1_900), good(5_000, 5_100)], [1_000])).toBe(900);
  });

  it('counts an answer that was held up a second longer than any before the fault', () => {
    expect(recoveryMs([...before, good(990, 2_500)], [1_000])).toBe(1_500);
  });

  it('does not count an answer that was slow long after the fault', () => {
    expect(recoveryMs([...before, good(9_000, 12_000)], [1_000])).toBe(0);
  });

  it('does not count an answer that is as slow as others were before the fault', () => {
    expect(recoveryMs([good(0, 1_500), good(990, 2_400)], [1_800])).toBe(0);
  });

  it('is not known when nothing was answered well any more', () => {
    expect(recoveryMs([...before, bad(1_010, 1_020)], [1_000])).toBeUndefined();
  });

  it('is the longest of several faults', () => {
    const outcomes = [...before, bad(1_010, 1_020), good(1_100, 1_200), bad(5_010, 5_020), good(5_600, 5_700)];
    expect(recoveryMs(outcomes, [1_000, 5_000])).toBe(700);
  });
});
