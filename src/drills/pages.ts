import { Asker } from './ask.js';
import type { Ground } from './stage.js';

/** What visitors of a WordPress site ask for beside what its home page links to. */
const usual = ['/', '/feed/', '/?s=hello'];
/** As many pages as a cache has to hold for them to be asked for often. */
const mostPages = 12;

/**
 * The pages that visitors go to: the usual ones, and those of the site that its home page links to. Each is asked for
 * once, so that it is in the cache of the instance that answered.
 */
export async function pagesOf({ site, places, platform }: Ground, signal: AbortSignal): Promise<readonly string[]> {
  if (site.app.kind !== 'wordpress') return [site.app.healthPath];
  const asker = new Asker(places.prod);
  try {
    const { body } = await asker.ask({ path: '/' });
    const linked = [...body.matchAll(/href=["']([^"'#?]+)["'#?]/g)].flatMap(([, to = '']) =>
      pathOf(to, platform.urls.prod),
    );
    const paths = [...new Set([...usual, ...linked])].slice(0, mostPages);
    const good: string[] = [];
    for (const path of paths) {
      signal.throwIfAborted();
      if ((await asker.ask({ path })).status === 200) good.push(path);
    }
    return good;
  } finally {
    asker.end();
  }
}

/** Pages only: neither files nor what is answered before WordPress. */
function pathOf(link: string, siteUrl: string): string[] {
  if (!URL.canParse(link, `${siteUrl}/`)) return [];
  const url = new URL(link, `${siteUrl}/`);
  if (url.origin !== siteUrl || !url.pathname.endsWith('/') || url.pathname.startsWith('/wp-')) return [];
  return [url.pathname];
}
