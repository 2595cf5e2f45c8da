import { z } from 'zod';
import type { EditionHistory, EditionRecord } from '../platform/editions.js';
import { editionSchema } from './stored.js';

const recordSchema = z
  .object({
    edition: editionSchema,
    schema: z.string().nullable(),
    configuration: z.string().nullable().default(null),
    switchedAt: z.string(),
  })
  .transform((record): EditionRecord => record);

/** The whole history, as it is stored. */
export const historySchema = z.object({ lastId: z.number(), editions: z.array(recordSchema) });
export type History = z.infer<typeof historySchema>;

/** Where a history is stored: one document, of which a change is wholly there or not at all. */
export interface HistoryDocument {
  read(): Promise<History | undefined>;
  /** @returns what is there now */
  update(change: (found: History) => History): Promise<History>;
}

/** How many editions are remembered; far more than releases are kept. */
const remembered = 200;

export const noEditions: History = { lastId: 0, editions: [] };

/** The history of editions in a document. Written by whoever holds the promotion's lock. */
export function editionHistory(document: HistoryDocument): EditionHistory {
  return {
    async allocate() {
      const { lastId } = await document.update((found) => ({ ...found, lastId: found.lastId + 1 }));
      return lastId;
    },
    async list() {
      return (await document.read())?.editions ?? [];
    },
    async record(record) {
      await document.update(({ lastId, editions }) => {
        const others = editions.filter(({ edition }) => edition.id !== record.edition.id);
        const all = [record, ...others].sort((a, b) => b.edition.id - a.edition.id);
        return { lastId: Math.max(lastId, record.edition.id), editions: all.slice(0, remembered) };
      });
    },
  };
}
