import { Visitors } from '../dist/drills/visitors.js';
import { EventJournal } from '../dist/local/event-journal.js';
import { paths } from '../dist/local/layout.js';
import { waitUntil } from '../dist/process/wait.js';
import { median, spread } from './numbers.js';

const runs = 3;
/** Under min and max of the definition, one instance more is asked for by this many requests a second. */
const few = { min: 2, max: 3, requestsPerInstance: 25, scaleInSeconds: 5 };
const perSecond = 60;

/**
 * From the decision to scale out until the new instance serves, under load; and what visitors met of both ways.
 * @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>}
 */
export async function scale(site) {
  await site.promoted();
  const out = [];
  let requests = 0;
  let failed = 0;
  await site.withCapacity(few, async ({ urls, authority }) => {
    const journal = new EventJournal(paths.events(site.layout));
    /** @param {number} rate @param {string} kind  what they are to bring about */
    const visitedUntil = async (rate, kind) => {
      const place = { url: urls.prod, address: '127.0.0.1', authority };
      const visitors = new Visitors({ ...place, paths: ['/'], perSecond: rate });
      const seen = await nextEvent(journal, kind, site.signal).finally(async () => {
        const report = await visitors.stop();
        requests += report.requests;
        failed += report.failed;
      });
      return seen.ms / 1000;
    };
    for (let run = 0; run < runs; run++) {
      out.push(await visitedUntil(perSecond, 'scaled-out'));
      await visitedUntil(perSecond / 4, 'scaled-in');
    }
  });
  const value = median(out);
  return [
    {
      what: 'scaling out, until the instance serves',
      value,
      unit: 's',
      goal: 'under 5 s',
      met: value < 5,
      note: spread(out),
    },
    {
      what: 'failed requests, out and in',
      value: failed,
      unit: '',
      goal: '0',
      met: failed === 0,
      note: `of ${requests}`,
    },
  ];
}

/** @param {EventJournal} journal @param {string} kind @param {AbortSignal} signal */
async function nextEvent(journal, kind, signal) {
  const since = new Date().toISOString();
  const found = async () => (await journal.read(since)).find((event) => event.kind === kind);
  return waitUntil(found, { what: kind, deadlineMs: 60_000, everyMs: 100, signal });
}
