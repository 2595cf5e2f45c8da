import { median, spread } from './numbers.js';

const runs = 3;
const statusRuns = 20;

/** @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>} */
export async function start(site) {
  const first = await site.up();
  const again = await times(runs, () => site.up());
  const downs = [];
  const ups = [];
  for (let run = 0; run < runs; run++) {
    downs.push(await site.down());
    ups.push(await site.up());
  }
  return [
    inSeconds('up, for the first time', [first], 25),
    inSeconds('up, from initialised data', ups, 10),
    inSeconds('up, when it is up', again),
    inSeconds('down', downs, 5),
  ];
}

/** @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>} */
export async function status(site) {
  await site.promoted();
  const ms = await times(statusRuns, async () => (await site.cli('status')).ms);
  const value = median(ms);
  return [{ what: 'status', value, unit: 'ms', goal: 'under 300 ms', met: value < 300, note: spread(ms, 0) }];
}

/** @param {string} what @param {readonly number[]} ms @param {number} [goal] @returns {import('./benches.js').Result} */
function inSeconds(what, ms, goal) {
  const seconds = ms.map((one) => one / 1000);
  const value = median(seconds);
  const note = seconds.length > 1 ? spread(seconds) : 'one run';
  return { what, value, unit: 's', note, ...(goal ? { goal: `under ${goal} s`, met: value < goal } : {}) };
}

/** @template T @param {number} count @param {() => Promise<T>} work @returns {Promise<T[]>} */
async function times(count, work) {
  const results = [];
  for (let run = 0; run < count; run++) results.push(await work());
  return results;
}
