import { Visitors } from '../dist/drills/visitors.js';
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

/** @param {import('./site.js').BenchSite} site */
async function promoteEdits(site) {
  const results = [];
  for (let run = 1; run <= runs; run++) {
    await site.edit(`run ${run} of ${Date.now()}`);
    results.push(await site.promote());
  }
  return results;
}
