import { hasCode, messageOf } from '../output/errors.js';
import type { Report } from '../output/messages.js';
import type { Drill } from './drill.js';
import { requireAllowed } from './fit.js';
import { limits } from './limits.js';
import { type DrillOptions, runDrill } from './run-drill.js';
import type { Ground } from './stage.js';
import type { DrillResult } from './verdict.js';

export interface DrillsOptions extends DrillOptions {
  readonly report: Report;
}

/**
 * Several drills, one after the other, all with the same seed. One that breaks a promise does not keep the next from
 * being done; one that leaves something missing does, and the next is told as broken.
 * @throws refusals `drills-not-allowed`, and `not-whole` before the first one; the signal's reason
 */
export async function runDrills(
  drills: readonly Drill[],
  ground: Ground,
  options: DrillsOptions,
): Promise<readonly DrillResult[]> {
  requireAllowed((await ground.status()).target, ground.site);
  options.report({ kind: 'note', level: 'info', text: `seed ${options.seed}` });
  const results: DrillResult[] = [];
  for (const drill of drills) {
    const task = { task: drill.name, title: drill.name };
    const started = performance.now();
    options.report({ kind: 'start', ...task });
    const result = await runDrill(drill, ground, options).catch((error: unknown) => {
      if (results.length === 0 || !hasCode(error, 'not-whole')) throw error;
      return notBegun(drill, options, messageOf(error));
    });
    results.push(result);
    options.report({
      kind: 'end',
      ...task,
      outcome: result.outcome === 'held' ? 'done' : 'failed',
      ms: Math.round(performance.now() - started),
      detail: [result.outcome, ...result.broken].join('; '),
    });
  }
  return results;
}

function notBegun({ name }: Drill, { seed }: DrillOptions, why: string): DrillResult {
  return {
    name,
    outcome: 'broke',
    broken: [why],
    requests: { sent: 0, failed: 0, longestGapMs: 0 },
    writes: { acknowledged: 0, lost: 0, duplicated: 0, unknown: 0 },
    recoveredMs: null,
    redundancyRestoredMs: null,
    limits: limits[name],
    seed,
    report: '',
  };
}
