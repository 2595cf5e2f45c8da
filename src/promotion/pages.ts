import { request } from 'node:http';
import { UnderstudyError } from '../output/errors.js';
import { deadlineSignal } from '../process/deadline.js';
import type { Site } from '../site/schema.js';
import type { PageCheck } from './facts.js';
import { inParallel } from './parallel.js';

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly ms: number;
}

export interface FetchOptions {
  /** Where the instance itself listens. */
  readonly origin: string;
  /** The address that visitors use: its host is sent along, so that the answer is what they would get. */
  readonly siteUrl: string;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Default 20 s: the first page of a new edition compiles everything. */
  readonly deadlineMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Largest page that is looked at. The rest of a longer one is not read. */
const pageLimitBytes = 8 * 1024 * 1024;

/**
 * Fetches a page from one instance, as the balancer would. Redirects are not followed.
 * @throws code `page-unreachable`
 */
export function fetchPage(options: FetchOptions): Promise<Page> {
  const { origin, siteUrl, path, signal, deadlineMs = 20_000, headers } = options;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(
        signal.aborted
          ? signal.reason
          : new UnderstudyError({
              code: 'page-unreachable',
              message: `${path} could not be fetched from ${origin}: ${cause.message}.`,
              cause,
            }),
      );
    const call = request(new URL(path, origin), {
      agent: false,
      signal: deadlineSignal(deadlineMs, signal),
      headers: { ...headers, host: new URL(siteUrl).host, 'x-forwarded-proto': 'https', 'user-agent': 'understudy' },
    });
    call.on('error', fail);
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= pageLimitBytes) chunks.push(chunk);
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
          ms: Math.round(performance.now() - started),
        }),
      );
    });
    call.end();
  });
}

export interface Expectation {
  readonly path: string;
  /** Absent: anything below 500. */
  readonly status?: number;
  readonly contains?: string;
  /** The definition lists it. */
  readonly isListed?: boolean;
}

/** The pages that are looked at before visitors see an edition: the usual ones, and the definition's own. */
export function smokePages(site: Site): readonly Expectation[] {
  const usual: readonly Expectation[] =
    site.app.kind === 'wordpress'
      ? [
          { path: '/', status: 200 },
          { path: '/feed/' },
          { path: '/wp-json/' },
          { path: '/wp-sitemap.xml' },
          { path: '/?s=understudy' },
          { path: '/understudy-no-such-page/', status: 404 },
        ]
      : [{ path: site.app.healthPath, status: 200 }];
  const own = site.promotion.smokePages.map(({ path, status, contains }) => ({
    path,
    status,
    ...(contains === undefined ? {} : { contains }),
    isListed: true,
  }));
  // What the definition says of a page goes before what is usual.
  return [...usual.filter(({ path }) => !own.some((one) => one.path === path)), ...own];
}

/** What PHP and WordPress write into a page that has gone wrong, though the status may be 200. */
const fatalMarks = ['<b>Fatal error</b>:', 'There has been a critical error on this website'];

export interface CheckOptions {
  readonly origin: string;
  readonly siteUrl: string;
  /** Dev's address, which must not stand anywhere. */
  readonly foreignUrl: string;
  readonly expectations: readonly Expectation[];
  readonly signal: AbortSignal;
}

/**
 * Fetches every page and compares it with what is expected.
 * @throws code `page-wrong`, naming the page and what is wrong with it
 */
export async function checkPages(options: CheckOptions): Promise<readonly PageCheck[]> {
  return inParallel(options.expectations, pagesAtOnce, async (expectation) => {
    const page = await fetchPage({ ...options, path: expectation.path });
    const wrong = whatIsWrong(page, expectation, options.foreignUrl);
    if (wrong === undefined) return { path: expectation.path, status: page.status, ms: page.ms };
    throw new UnderstudyError({
      code: 'page-wrong',
      message: `${expectation.path} of the new edition ${wrong}.`,
      remedy: 'Mend it in dev, and promote again; visitors have not seen it.',
    });
  });
}

/** As many as an instance has cores on a small machine: more only wait for each other. */
const pagesAtOnce = 2;

/** @param foreignUrl dev's address, which a page of prod must not name */
export function whatIsWrong(page: Page, { status, contains }: Expectation, foreignUrl: string): string | undefined {
  if (status !== undefined && page.status !== status) return `answers ${page.status} instead of ${status}`;
  if (page.status >= 500) return `answers ${page.status}`;
  const fatal = fatalMarks.find((mark) => page.body.includes(mark));
  if (fatal) return `contains "${fatal}"`;
  if (contains !== undefined && !page.body.includes(contains)) return `does not contain "${contains}"`;
  const { hostname } = new URL(foreignUrl);
  if (namesAddress(page.body, hostname)) return `contains dev's address ${hostname}`;
  if (namesAddress(JSON.stringify(page.headers), hostname)) return `has dev's address ${hostname} in a header`;
  return undefined;
}

/** Plain, in JSON, or in a query string; not a name in running text, nor one that only begins alike. */
function namesAddress(text: string, hostname: string): boolean {
  const name = hostname.replaceAll('.', '\\.');
  return new RegExp(`(?:\\\\*/\\\\*/|%2F%2F)${name}(?![\\w-]|\\.\\w)`, 'i').test(text);
}
