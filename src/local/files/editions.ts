import { join } from 'node:path';
import type { EditionHistory } from '../../platform/editions.js';
import { editionHistory, historySchema, noEditions } from '../../release/edition-history.js';
import { readJson, writeJson } from '../../state/atomic-file.js';

/** The history of editions in one file of a site's state directory. */
export function localEditionHistory(folder: string): EditionHistory {
  const file = join(folder, 'editions.json');
  const read = () => readJson(file, historySchema);
  return editionHistory({
    read,
    async update(change) {
      const next = change((await read()) ?? noEditions);
      await writeJson(file, next);
      return next;
    },
  });
}
