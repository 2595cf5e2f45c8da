import type { EditionHistory } from '../../platform/editions.js';
import { editionHistory, historySchema, noEditions } from '../../release/edition-history.js';
import type { Bucket } from './bucket.js';
import { readStored, updateStored } from './stored-json.js';

const key = 'editions/history.json';

/** The history of editions in one object of the release bucket. */
export const s3EditionHistory = (bucket: Bucket): EditionHistory =>
  editionHistory({
    read: () => readStored(bucket, key, historySchema),
    update: (change) => updateStored(bucket, key, historySchema, (found = noEditions) => change(found)),
  });
