import { setTimeout as delay } from 'node:timers/promises';
import { Visitors } from '../dist/drills/visitors.js';
import { localPlatform } from '../dist/local/local-platform.js';
import { fetchPage } from '../dist/promotion/pages.js';
import { median, spread } from './numbers.js';

const runs = 5;

/** @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>} */
export async function promotion(site) {
  await site.promoted();
  const results = await promoteEdits(site);
  const seconds = results.map(({ ms }) => ms / 1000);
  const value = median(seconds);
  const steps = results[0].json.steps.map(({ id }) => id);
  return [
    { what: 'a promotion', value, unit: 's', goal: 'under 10 s', met: value < 10, note: spread(seconds) },
    ...steps.map((step) => {
      const took = results.map(({ json }) => json.steps.find(({ id }) => id === step).ms / 1000);
      return { what: `… ${step}`, value: median(took), unit: 's', note: spread(took) };
    }),
  ];
}

/**
 * A hundred visitors a second ask for pages through the balancer. Nothing is retried by them.
 * @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>}
 */
export async function failedRequests(site) {
  const { urls, authority } = await site.promoted();
  const visitors = new Visitors({
    url: urls.prod,
    address: '127.0.0.1',
    authority,
    paths: ['/', '/feed/', '/?s=hello', '/sample-page/', '/hello-world/'],
    perSecond: 100,
  });
  const promoting = promoteEdits(site);
  // Stopped either way: visitors that go on asking would keep this program from ending.
  const stop = () => visitors.stop();
  const report = await promoting.then(stop, stop);
  const seconds = (await promoting).map(({ ms }) => ms / 1000);
  const { requests, failed, longestGapMs, failures } = report;
  const goal = { goal: '0', met: failed === 0 };
  const note = failures.length > 0 ? failures.join('; ') : `of ${requests} requests in ${runs} promotions`;
  return [
    { what: 'failed requests', value: failed, unit: '', ...goal, note },
    { what: 'longest time without a good answer', value: longestGapMs, unit: 'ms' },
    { what: 'a promotion under this load', value: median(seconds), unit: 's', note: spread(seconds) },
  ];
}

/** @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>} */
export async function rollback(site) {
  await site.promoted();
  const platform = await localPlatform(site.layout);
  const times = [];
  for (let run = 1; run <= runs; run++) times.push(await rollbackInBake(site, platform));
  const seconds = (/** @type {'seen' | 'ended'} */ what) => times.map((one) => one[what] / 1000);
  const value = median(seconds('seen'));
  return [
    {
      what: 'a rollback in the bake, from the command to the last page of the new edition',
      value,
      unit: 's',
      goal: 'under 1 s',
      met: value < 1,
      note: spread(seconds('seen')),
    },
    { what: '… until all is as before', value: median(seconds('ended')), unit: 's', note: spread(seconds('ended')) },
  ];
}

/**
 * @param {import('./site.js').BenchSite} site @param {import('../dist/platform/platform.js').Platform} platform
 * @returns {Promise<{ seen: number, ended: number }>} ms from the start of `rollback` until no instance shows the new
 * edition any more, and until the command has ended
 */
async function rollbackInBake(site, platform) {
  const before = (await platform.releases.currentEdition())?.id;
  await site.edit(`taken back at ${Date.now()}`);
  const promoting = site.cli('promote', ['--yes', '--bake', '60'], site.signal, [1]);
  while (!(await shown(platform)).every((id) => id > before)) await delay(100, undefined, { signal: site.signal });
  // Past the first look at the new edition, as a person would be.
  await delay(2_000, undefined, { signal: site.signal });
  const started = performance.now();
  const rolling = site.cli('rollback', ['--yes']);
  while ((await shown(platform)).some((id) => id !== before)) await delay(5, undefined, { signal: site.signal });
  const seen = performance.now() - started;
  const { ms } = await rolling;
  await promoting;
  return { seen, ended: ms };
}

/** The edition that each instance answers with. @param {import('../dist/platform/platform.js').Platform} platform */
async function shown({ fleet, urls }) {
  const signal = AbortSignal.timeout(60_000);
  const ask = ({ origin }) => fetchPage({ origin, siteUrl: urls.prod, path: '/', signal });
  const pages = await Promise.all((await fleet.instances('prod')).map(ask));
  return pages.map(({ headers }) => Number(headers['x-understudy-edition']));
}

/** @param {import('./site.js').BenchSite} site */
async function promoteEdits(site) {
  const results = [];
  for (let run = 1; run <= runs; run++) {
    await site.edit(`run ${run} of ${Date.now()}`);
    results.push(await site.promote());
  }
  return results;
}
