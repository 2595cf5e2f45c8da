import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localEditionHistory } from '../../../src/local/files/editions.js';
import { editionHistoryContract } from '../../helpers/contracts/edition-history.js';

editionHistoryContract('a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-editions-'));
  return {
    history: localEditionHistory(folder),
    other: localEditionHistory(folder),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});
