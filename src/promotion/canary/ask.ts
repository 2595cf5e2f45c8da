import type { Instance } from '../../platform/fleet.js';
import { fetchPage } from '../pages.js';
import type { Answer } from './judge-page.js';
import { parsePageLog } from './page-log.js';

/** `now`: the present edition; `next`: the new one. The canary serves both, each from its own replica. */
export type EditionSide = 'now' | 'next';

export type Ask = (side: EditionSide, path: string) => Promise<Answer>;

/**
 * Asks the canary for pages, each with what PHP logged meanwhile.
 * @param name distinguishes these pages from those of another attempt: letters, digits, hyphens
 */
export function askCanary(
  { origin, previewOrigin }: Instance,
  { siteUrl, name, signal }: { readonly siteUrl: string; readonly name: string; readonly signal: AbortSignal },
): Ask {
  let count = 0;
  return async (side, path) => {
    const from = { origin: side === 'now' ? origin : previewOrigin, siteUrl, signal };
    const page = `${name}-${side}-${count++}`;
    const answer = await fetchPage({ ...from, path, headers: { 'x-understudy-page': page } });
    const log = await fetchPage({ ...from, path: `/-/page-log/${page}.log` });
    return { ...answer, log: parsePageLog(log.status === 200 ? log.body : '') };
  };
}
