import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno, refusal } from '../output/errors.js';
import { progressOf, readJournal } from '../promotion/journal.js';
import { readJson } from '../state/atomic-file.js';
import { type ImportRequest, importRequestSchema } from './facts.js';

/** The files of one import, in its folder. */
export const importFiles = (dir: string) => ({
  request: join(dir, 'request.json'),
  journal: join(dir, 'journal.jsonl'),
});

export interface InterruptedImport {
  readonly request: ImportRequest;
  /** Whether dev may stand in between: half what it was, half the site that was to come. */
  readonly isExchanging: boolean;
}

/** The last that began need not have the latest name: a clock can be set back. */
const looked = 20;

/** The import that came to no end. There is one at most: the next one takes back what only lies beside dev. */
export async function interruptedImport(importsDir: string): Promise<InterruptedImport | undefined> {
  let isNewest = true;
  for (const id of (await importIds(importsDir)).reverse().slice(0, looked)) {
    const { request, journal } = importFiles(join(importsDir, id));
    const { ended, steps: begun } = progressOf(await readJournal(journal));
    const asked = await readJson(request, importRequestSchema);
    const state = begun.get('exchange');
    const isExchanging = state !== undefined && state !== 'undone';
    if (!ended && asked && begun.size > 0 && (isNewest || isExchanging)) return { request: asked, isExchanging };
    isNewest = false;
  }
  return undefined;
}

/**
 * An import that was cut off in its exchange may have left dev with the tables of one site and the files of another,
 * closed for maintenance: nothing reads dev for prod, or exchanges its tables, before that is dealt with. Asked under
 * the lock that imports hold, the answer stays true for as long as the lock is held.
 * @throws refusal `import-interrupted`
 */
export async function refuseWhileExchanging(importsDir: string): Promise<void> {
  const interrupted = await interruptedImport(importsDir);
  if (!interrupted?.isExchanging) return;
  throw refusal({
    code: 'import-interrupted',
    message: `Import ${interrupted.request.id} was cut off while it put the site into dev, which stands in between.`,
    remedy: 'Finish it with `understudy import --resume`, or take it back with `understudy import --abort`.',
  });
}

async function importIds(importsDir: string): Promise<string[]> {
  try {
    return (await readdir(importsDir)).filter((name) => /^\d{8}T/.test(name)).sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
