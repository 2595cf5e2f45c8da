import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { rdsMysql } from '../../../src/replication/rds-mysql.js';
import { CommittingMysql } from './mysql-commits.js';

afterEach(() => vi.useRealTimers());

describe('where a snapshot of RDS for MySQL stands', () => {
  test('what it tells is what the snapshot sees, whatever is committed between two statements', async () => {
    const betweenTwo = fc.array(fc.nat({ max: 5 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(betweenTwo, { maxLength: 25 }), async (moves) => {
        const rounds = [...moves];
        const mysql = new CommittingMysql((server) => {
          for (const move of rounds.shift() ?? []) server.move(move);
          // In the end all that was begun is committed.
          if (rounds.length === 0) for (let step = 0; step < 3; step++) server.finishOne();
        });
        const at = await rdsMysql.snapshotAt(mysql.connection);
        expect(CommittingMysql.numbersOf(at ?? 'none')).toEqual(mysql.snapshot);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a server on which nobody writes is asked four times', async () => {
    const mysql = new CommittingMysql(() => undefined);
    expect(await rdsMysql.snapshotAt(mysql.connection)).toBe('');
    expect(mysql.asked).toBe(4);
  });

  test('a server that never rests for a moment is given up after some seconds', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const mysql = new CommittingMysql((server) => {
      vi.advanceTimersByTime(20);
      for (let step = 0; step < 4; step++) server.move(0);
    });
    expect(await rdsMysql.snapshotAt(mysql.connection)).toBeUndefined();
    expect(mysql.asked).toBeGreaterThan(100);
    expect(mysql.asked).toBeLessThan(200);
  });
});
