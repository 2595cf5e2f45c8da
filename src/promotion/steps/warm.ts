import { hasCode } from '../../output/errors.js';
import type { PromotionContext } from '../context.js';
import { previousEdition } from '../editions.js';
import type { PromotionFacts } from '../facts.js';
import { fetchPage } from '../pages.js';
import { inParallel } from '../parallel.js';
import { need, type Step } from '../step.js';

/** At most so many pages are fetched from each instance before the switch. */
const pageLimit = 50;
/** Requests at once to each instance: visitors are being served meanwhile. */
const atOnce = 2;

/**
 * Puts the new edition onto every instance and asks each for the pages that visitors are likely to want first, so
 * that the switch finds the code compiled and the page cache filled.
 */
export const warm: Step<PromotionContext, PromotionFacts, 'warm'> = {
  id: 'warm',
  title: 'Unpack and warm it on every instance',
  async do({ platform, site, report, signal }, before) {
    const { edition } = need(before, 'canary');
    const instances = await platform.fleet.instances('prod');
    let done = 0;
    const counts = await Promise.all(
      instances.map(async ({ id, previewOrigin }) => {
        await platform.fleet.prepare(id, edition, signal);
        const fetch = (path: string) => fetchPage({ origin: previewOrigin, siteUrl: platform.urls.prod, path, signal });
        const pages = await pagesToWarm(site.app.kind === 'wordpress', fetch);
        await inParallel(pages, atOnce, async (path) => {
          await fetch(path).catch((error) => {
            // A page that does not come in time is warmed by its first visitor.
            if (!hasCode(error, 'page-unreachable')) throw error;
            report({ kind: 'note', level: 'warning', text: `${id}: ${error.message}` });
          });
        });
        done++;
        report({ kind: 'progress', task: 'warm', done, total: instances.length, unit: 'instances' });
        return pages.length;
      }),
    );
    return { instances: instances.length, pages: Math.max(0, ...counts) };
  },
  async undo({ platform, signal }, facts) {
    const before = previousEdition(facts);
    const instances = await platform.fleet.instances('prod');
    await Promise.all(
      instances.map(async ({ id }) => {
        // Prepared last, the new edition is not removed: so the previous one is, although it is there.
        if (before) await platform.fleet.prepare(id, before, signal);
        await platform.fleet.prune(id, before ? [before.id] : []);
      }),
    );
  },
};

type Fetch = (path: string) => Promise<{ readonly status: number; readonly body: string }>;

/** The home page and the feed, and what WordPress's own sitemap names, pages before posts. */
async function pagesToWarm(isWordPress: boolean, fetch: Fetch): Promise<readonly string[]> {
  if (!isWordPress) return ['/'];
  const sitemaps = ['/wp-sitemap-posts-page-1.xml', '/wp-sitemap-posts-post-1.xml'];
  const listed = await Promise.all(sitemaps.map(fetch));
  const paths = listed.filter(({ status }) => status === 200).flatMap(({ body }) => pathsInSitemap(body));
  return [...new Set(['/', '/feed/', ...paths])].slice(0, pageLimit);
}

/** With their query: where permalinks are plain, it is all that tells pages apart. */
export function pathsInSitemap(xml: string): readonly string[] {
  return [...xml.matchAll(/<loc>([^<]+)<\/loc>/g)]
    .map(([, url = '']) => url.replaceAll('&amp;', '&').replaceAll('&#038;', '&'))
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url).pathname + new URL(url).search);
}
