import { join } from 'node:path';
import { refusal, type WireError } from '../output/errors.js';
import { identify } from '../process/identity.js';
import { refuseBesideInterrupted } from '../promotion/history.js';
import { Journal, progressOf, readJournal } from '../promotion/journal.js';
import { type RunOutcome, runSteps } from '../promotion/run-steps.js';
import { refuseWhileFollowing } from '../replication/refuse-while-following.js';
import { writeJson } from '../state/atomic-file.js';
import { acquireLock } from '../state/lock.js';
import type { ImportContext, ImportFacts, ImportRequest } from './facts.js';
import { importFiles, interruptedImport, refuseWhileExchanging } from './interrupted-import.js';
import { addresses } from './steps/addresses.js';
import { database } from './steps/database.js';
import { exchange } from './steps/exchange.js';
import { files } from './steps/files.js';
import { finish } from './steps/finish.js';

export interface ImportOptions extends Omit<ImportContext, 'request'> {
  /** Of all imports; each has a folder under its id. */
  readonly importsDir: string;
  readonly promotionsDir: string;
  /** Held while it runs: no promotion beside it. */
  readonly lockFile: string;
}

/** `imported`; `undone`: it failed or was interrupted, and dev is as it was; `stuck`: it stands in between. */
export type ImportResult = {
  readonly id: string;
  readonly outcome: 'imported' | 'undone' | 'stuck';
  readonly facts: Partial<ImportFacts>;
  readonly error: WireError | null;
};

const steps = [files, database, addresses, exchange, finish] as const;

/**
 * Puts a site into dev: everything is prepared beside it first, and then takes its place at once. What fails before or
 * in that moment is taken back.
 * @throws refusals `locked`, `promotion-interrupted`, `import-interrupted`, `prod-follows-dev`
 */
export async function importSite(request: ImportRequest, options: ImportOptions): Promise<ImportResult> {
  return underLock(options, async () => {
    await refuseBesideInterrupted(options.promotionsDir);
    await refuseWhileExchanging(options.importsDir);
    await refuseWhileFollowed(options);
    const interrupted = await interruptedImport(options.importsDir);
    if (interrupted) await carryOut(interrupted.request, options, 'back');
    await writeJson(importFiles(join(options.importsDir, request.id)).request, request, { mode: 0o600 });
    return carryOut(request, options, 'forward');
  });
}

/**
 * Goes on with an import that was cut off, or takes it back.
 * @throws refusals `locked`, `nothing-interrupted`, `prod-follows-dev`
 */
export async function continueImport(direction: 'forward' | 'back', options: ImportOptions): Promise<ImportResult> {
  return underLock(options, async () => {
    const interrupted = await interruptedImport(options.importsDir);
    if (!interrupted) {
      throw refusal({
        code: 'nothing-interrupted',
        message: 'No import was cut off.',
        remedy: 'What the last import has kept is named in its report.',
      });
    }
    if (direction === 'forward') await refuseWhileFollowed(options);
    return carryOut(interrupted.request, options, direction);
  });
}

/** What prod follows would reach visitors table by table, without its code. Only under the lock does the answer stay. */
async function refuseWhileFollowed({ platform }: ImportOptions): Promise<void> {
  refuseWhileFollowing(await platform.releases.currentEdition());
}

async function underLock<T>({ lockFile }: ImportOptions, work: () => Promise<T>): Promise<T> {
  const lock = await acquireLock(lockFile, { why: 'importing a site into dev' });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function carryOut(
  request: ImportRequest,
  options: ImportOptions,
  direction: 'forward' | 'back',
): Promise<ImportResult> {
  const { importsDir, report, signal } = options;
  const path = importFiles(join(importsDir, request.id)).journal;
  const progress = progressOf(await readJournal(path));
  const journal = await Journal.open(path);
  try {
    const own = identify(process.pid);
    if (!own) throw new Error('This process does not find itself in /proc.');
    await journal.write({ event: 'begun', process: own, mode: direction === 'back' ? 'abort' : 'run' });
    const run = await runSteps<ImportContext, ImportFacts>({
      steps,
      context: (stepSignal) => ({ ...options, request, signal: stepSignal }),
      journal,
      progress,
      direction,
      signal,
      report,
    });
    const result = resultOf(request, run);
    const event = result.outcome === 'stuck' ? 'stopped' : 'ended';
    await journal.write({ event, process: own, result: { outcome: result.outcome } });
    return result;
  } finally {
    await journal.close();
  }
}

function resultOf({ id }: ImportRequest, run: RunOutcome<ImportFacts>): ImportResult {
  if (run.outcome === 'done') return { id, outcome: 'imported', facts: run.facts, error: null };
  return { id, outcome: run.outcome, facts: run.facts, error: run.error };
}
