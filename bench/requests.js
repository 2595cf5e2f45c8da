import { find, searchFolders } from '../dist/local/machine/find-programs.js';
import { networkOf } from '../dist/local/network/claim.js';
import { hostsOf, ports } from '../dist/local/network/hosts.js';
import { readSite } from '../dist/local/site/applied-site.js';
import { run } from '../dist/process/run.js';
import { fetchPage } from '../dist/promotion/pages.js';
import { median, spread } from './numbers.js';

const runs = 3;
const seconds = 5;
const connections = 32;

/**
 * Requests a second for prod's home page out of the page cache: of one instance, and through the balancer with TLS.
 * The load comes from the same machine and shares its cores.
 * @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>}
 */
export async function cache(site) {
  const { urls } = await site.promoted();
  const wrk = find('wrk', searchFolders());
  if (!wrk) {
    return [{ what: 'cached home page', value: undefined, unit: 'requests/s', note: 'wrk is not installed' }];
  }
  const [claim, definition] = await Promise.all([networkOf(site.layout), readSite(site.layout)]);
  const { address } = hostsOf(claim.network, definition).instance('prod', 1);
  const origin = `http://${address}:${ports.web}`;
  const page = { origin, siteUrl: urls.prod, path: '/', signal: site.signal };
  await fetchPage(page);
  const { headers } = await fetchPage(page);
  const said = `X-Understudy-Cache: ${headers['x-understudy-cache']}`;
  const direct = await measure(wrk, `${origin}/`, urls.prod, site.signal);
  const balanced = await measure(wrk, `https://127.0.0.1:${claim.httpsPort}/`, urls.prod, site.signal);
  const value = median(direct);
  return [
    {
      what: 'cached home page, one instance',
      value,
      unit: 'requests/s',
      goal: 'over 10000',
      met: value > 10_000,
      note: `${spread(direct, 0)}; ${said}`,
    },
    { what: 'cached home page, balancer, TLS', value: median(balanced), unit: 'requests/s', note: spread(balanced, 0) },
  ];
}

/** @param {string} wrk @param {string} url @param {string} siteUrl @param {AbortSignal} signal */
async function measure(wrk, url, siteUrl, signal) {
  const rates = [];
  for (let turn = 0; turn < runs; turn++) {
    const { stdout } = await run(
      wrk,
      [
        ...['--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`],
        ...['--header', `Host: ${new URL(siteUrl).host}`, '--header', 'X-Forwarded-Proto: https', url],
      ],
      { signal, deadlineMs: (seconds + 30) * 1000 },
    );
    const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
    if (rate === undefined || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk was not served: ${stdout}`);
    rates.push(Number(rate));
  }
  return rates;
}
