import { join } from 'node:path';
import { z } from 'zod';
import type { EditionHistory, EditionRecord } from '../../platform/editions.js';
import { toPosition } from '../../platform/position.js';
import { readJson, writeJson } from '../../state/atomic-file.js';

const recordSchema = z.object({
  edition: z.object({
    id: z.number(),
    release: z.number(),
    position: z.string().transform(toPosition).optional(),
    replicas: z.array(z.string()),
  }),
  schema: z.string().nullable(),
  configuration: z.string().nullable().default(null),
  switchedAt: z.string(),
});
const historySchema = z.object({ lastId: z.number(), editions: z.array(z.unknown()) });

/** How many editions are remembered; far more than releases are kept. */
const remembered = 200;

/** The history of editions, in one file. Written by whoever holds the promotion's lock. */
export class LocalEditionHistory implements EditionHistory {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, 'editions.json');
  }

  async allocate(): Promise<number> {
    const { lastId, editions } = await this.#read();
    await writeJson(this.#file, { lastId: lastId + 1, editions });
    return lastId + 1;
  }

  async list(): Promise<readonly EditionRecord[]> {
    const { editions } = await this.#read();
    return editions.map((record) => {
      const { edition, ...rest } = recordSchema.parse(record);
      return { ...rest, edition: { ...edition, position: edition.position } };
    });
  }

  async record(record: EditionRecord): Promise<void> {
    const { lastId } = await this.#read();
    const others = (await this.list()).filter(({ edition }) => edition.id !== record.edition.id);
    const editions = [record, ...others].sort((a, b) => b.edition.id - a.edition.id).slice(0, remembered);
    await writeJson(this.#file, { lastId: Math.max(lastId, record.edition.id), editions });
  }

  async #read() {
    return (await readJson(this.#file, historySchema)) ?? { lastId: 0, editions: [] };
  }
}
