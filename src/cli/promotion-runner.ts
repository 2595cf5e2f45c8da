import { layoutFor, paths } from '../local/layout.js';
import { localPlatform } from '../local/local-platform.js';
import { UnderstudyError } from '../output/errors.js';
import { noteFailure, promote } from '../promotion/promote.js';

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
  await promote({ ...promotion, lockFile: paths.promotionLock(layout), mode, signal: interrupted.signal });
  // Connections that are still open must not keep it alive.
  process.exit(0);
}

const [configFile, id, mode] = process.argv.slice(2);
if (configFile === undefined || id === undefined || (mode !== 'run' && mode !== 'resume' && mode !== 'abort')) {
  throw new Error('usage: promotion-runner.js DEFINITION ID run|resume|abort');
}
await main(configFile, id, mode);
