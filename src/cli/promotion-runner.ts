import { join } from 'node:path';
import { refuseWhileExchanging } from '../import/interrupted-import.js';
import { type Layout, layoutFor, paths } from '../local/layout.js';
import { localPlatform } from '../local/local-platform.js';
import { messageOf, UnderstudyError } from '../output/errors.js';
import { noticeOf } from '../promotion/notice.js';
import { noteFailure, promote } from '../promotion/promote.js';
import { promotionFiles, requestSchema } from '../promotion/request.js';
import type { PromotionResult } from '../promotion/result.js';
import { readJson } from '../state/atomic-file.js';

/**
 * The process that carries out a promotion: `promotion-runner.js DEFINITION ID run|resume|abort`. It is started
 * detached and told nothing afterwards but signals: SIGINT or SIGTERM ask it to take everything back. Whoever wants to
 * know how it goes reads its journal.
 */
async function main(configFile: string, id: string, mode: 'run' | 'resume' | 'abort'): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = () =>
    interrupted.abort(new UnderstudyError({ code: 'interrupted', message: 'It was asked to be taken back.' }));
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const layout = layoutFor(configFile);
  const open = async () => {
    const platform = await localPlatform(layout);
    return { platform, site: platform.site };
  };
  const promotion = { open, promotionsDir: paths.promotions(layout), id };
  // A defect of ours: whoever follows is told, and the next run goes on from the journal.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${error.stack}\n`);
    void noteFailure(promotion, error).finally(() => process.exit(1));
  });
  const result = await promote({
    ...promotion,
    lockFile: paths.promotionLock(layout),
    mode,
    requireWholeDev: () => refuseWhileExchanging(paths.imports(layout)),
    signal: interrupted.signal,
  });
  await tell(result, layout);
  // Connections that are still open must not keep it alive.
  process.exit(0);
}

/** After the lock is released: nobody waits for a mail server. What could not be told stands in the runner's log. */
async function tell(result: PromotionResult, layout: Layout): Promise<void> {
  const request = await readJson(promotionFiles.request(join(paths.promotions(layout), result.id)), requestSchema);
  const notice = request && noticeOf(result, request);
  if (!notice) return;
  try {
    await (await localPlatform(layout)).notifier.notify(notice);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
  }
}

const [configFile, id, mode] = process.argv.slice(2);
if (configFile === undefined || id === undefined || (mode !== 'run' && mode !== 'resume' && mode !== 'abort')) {
  throw new Error('usage: promotion-runner.js DEFINITION ID run|resume|abort');
}
await main(configFile, id, mode);
