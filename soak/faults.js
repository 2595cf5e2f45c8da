import { join } from 'node:path';
import { BenchSite } from '../bench/site.js';
import { drillGround } from '../dist/cli/drill-ground.js';
import { Terminal } from '../dist/cli/terminal.js';
import { randomFaults } from '../dist/drills/random-faults.js';
import { paths } from '../dist/local/layout.js';

/** What a machine with two cores holds beside four databases that come and go. */
const rate = 40;

/**
 * One fault after the other on a site of its own, under load.
 * @param {import('./soaks.js').SoakOptions} options @returns {Promise<import('./soaks.js').SoakResult>}
 */
export async function soakFaults({ minutes, seed, signal, say }) {
  const site = await BenchSite.create(signal);
  let held = false;
  try {
    await site.promoted();
    const terminal = new Terminal({ json: true, quiet: true, verbose: false });
    const ground = await drillGround({ terminal, configFile: site.configFile, signal });
    const end = performance.now() + minutes * 60_000;
    const run = `soak-${seed}`;
    const ledgerFile = join(paths.drills(site.layout), run, 'ledger.ndjson');
    const goOn = () => performance.now() < end;
    const report = await randomFaults(ground, { seed, rate, run, ledgerFile, signal, say, goOn });
    held = report.problems.length === 0;
    return { held, summary: summaryOf(report), ...report };
  } finally {
    if (held || signal.aborted) await site.destroy();
    else say(`left as it is, to be looked at: understudy status --config ${site.configFile}`);
  }
}

/** @param {import('../dist/drills/random-faults.js').RandomFaultsReport} report */
function summaryOf({ faults, kinds, requests, failed, writes, restoredMs, problems }) {
  const at = (/** @type {number} */ share) =>
    restoredMs[Math.min(restoredMs.length - 1, Math.floor(restoredMs.length * share))];
  return [
    `${faults} faults (${Object.entries(kinds)
      .map(([kind, count]) => `${count} × ${kind}`)
      .join(', ')}).`,
    `${requests} GETs of prod, ${failed} failed. ${writes.acknowledged} writes acknowledged, ${writes.lost} lost, ${writes.duplicated} doubled, ${writes.unknown} unanswered.`,
    ...(restoredMs.length > 0
      ? [`Everything there again after ${at(0.5)} ms (median), ${at(0.95)} ms (95 of 100), ${at(1)} ms (longest).`]
      : []),
    ...problems,
  ].join('\n');
}
