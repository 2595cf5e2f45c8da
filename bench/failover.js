import { drillGround } from '../dist/cli/drill-ground.js';
import { Terminal } from '../dist/cli/terminal.js';
import { primaryHang, primaryKill } from '../dist/drills/catalogue/cluster.js';
import { instanceKill } from '../dist/drills/catalogue/instances.js';
import { runDrill } from '../dist/drills/run-drill.js';
import { paths } from '../dist/local/layout.js';
import { median, spread } from './numbers.js';

const runs = 3;

/**
 * Drills, with what they measure: how long authors cannot write when the primary is lost, and visitors when an instance
 * is killed under 500 requests a second.
 * @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>}
 */
export async function failover(site) {
  await site.promoted();
  const terminal = new Terminal({ json: true, quiet: true, verbose: false });
  const ground = await drillGround({ terminal, configFile: site.configFile, signal: site.signal });
  const folder = paths.drills(site.layout);
  /** @param {import('../dist/drills/drill.js').Drill} drill @param {number} rate */
  const drilled = async (drill, rate) => {
    const results = [];
    for (let seed = 1; seed <= runs; seed++) {
      results.push(
        await runDrill(drill, ground, { seed, rate, durationMs: 10_000, folder, signal: site.signal, heard: () => {} }),
      );
    }
    return results;
  };
  const killed = await drilled(primaryKill, 20);
  const hung = await drilled(primaryHang, 20);
  const instances = await drilled(instanceKill, 500);
  const requests = instances.reduce((sum, { requests: { sent } }) => sum + sent, 0);
  const failed = instances.reduce((sum, { requests: one }) => sum + one.failed, 0);
  return [
    row('primary killed: until writes are acknowledged again', killed.map(recovered), 2),
    row('primary killed: until every write is on two servers again', killed.map(redundant)),
    row('primary hangs: until writes are acknowledged again', hung.map(recovered), 5),
    row('primary hangs: until every write is on two servers again', hung.map(redundant)),
    {
      what: 'acknowledged writes lost or doubled',
      value: lostOrDoubled([...killed, ...hung]),
      unit: '',
      goal: '0',
      met: lostOrDoubled([...killed, ...hung]) === 0,
    },
    {
      what: 'instance killed under 500 requests/s: failed GETs',
      value: failed,
      unit: '',
      goal: '0',
      met: failed === 0,
      note: `of ${requests}`,
    },
  ];
}

/** @param {import('../dist/drills/verdict.js').DrillResult} result */
const recovered = ({ recoveredMs }) => (recoveredMs ?? Number.NaN) / 1000;
/** @param {import('../dist/drills/verdict.js').DrillResult} result */
const redundant = ({ redundancyRestoredMs }) => (redundancyRestoredMs ?? Number.NaN) / 1000;
/** @param {readonly import('../dist/drills/verdict.js').DrillResult[]} results */
const lostOrDoubled = (results) => results.reduce((sum, { writes }) => sum + writes.lost + writes.duplicated, 0);

/** @param {string} what @param {readonly number[]} values in seconds @param {number} [limit] */
function row(what, values, limit) {
  const value = median(values);
  const goal = limit === undefined ? {} : { goal: `under ${limit} s`, met: value < limit };
  return { what, value, unit: 's', ...goal, note: spread(values) };
}
