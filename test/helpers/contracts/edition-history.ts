import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EditionHistory, EditionRecord } from '../../../src/platform/editions.js';
import { toPosition } from '../../../src/platform/position.js';

export interface HistoryUnderTest {
  readonly history: EditionHistory;
  /** The same storage, as another program sees it. */
  readonly other: EditionHistory;
  close(): Promise<void>;
}

/** What every `EditionHistory` does, whatever it is stored in. */
export function editionHistoryContract(storage: string, make: () => Promise<HistoryUnderTest>): void {
  describe(`the history of editions in ${storage}`, () => {
    let under: HistoryUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    afterEach(() => under.close());

    const record = (id: number, more: Partial<EditionRecord> = {}): EditionRecord => ({
      edition: { id, release: id, position: toPosition(`0-1-${id}`), replicas: ['replica-1', 'replica-2'] },
      schema: 'abc',
      configuration: 'def',
      switchedAt: '2026-01-01T00:00:00.000Z',
      ...more,
    });

    it('is empty at first', async () => {
      expect(await under.history.list()).toEqual([]);
    });

    it('gives every edition a number of its own, whoever asks', async () => {
      expect([await under.history.allocate(), await under.other.allocate(), await under.history.allocate()]).toEqual([
        1, 2, 3,
      ]);
    });

    it('lists what was recorded, the newest first, to everybody', async () => {
      await under.history.record(record(1));
      await under.history.record(record(3));
      await under.other.record(record(2));
      expect(await under.other.list()).toEqual([record(3), record(2), record(1)]);
    });

    it('gives no number again that an edition was recorded with', async () => {
      await under.history.record(record(8));
      expect(await under.other.allocate()).toBe(9);
    });

    it('replaces what was recorded of the same edition', async () => {
      await under.history.record(record(1));
      await under.other.record(record(1, { schema: null, configuration: null }));
      expect(await under.history.list()).toEqual([record(1, { schema: null, configuration: null })]);
    });

    it('forgets the oldest of more than two hundred', async () => {
      for (let id = 1; id <= 203; id++) await under.history.record(record(id));
      const ids = (await under.other.list()).map(({ edition }) => edition.id);
      expect([ids.length, ids[0], ids.at(-1)]).toEqual([200, 203, 4]);
    });
  });
}
