import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { checkPages, fetchPage, type Page, whatIsWrong } from '../../../src/promotion/pages.js';
import { pathsInSitemap } from '../../../src/promotion/steps/warm.js';

const page = (body: string, status = 200, headers: Page['headers'] = {}): Page => ({ status, headers, body, ms: 1 });
const devHost = 'dev.example.localhost';
const dev = `${devHost}:8443`;

describe('what is wrong with a page', () => {
  it.each([
    ['nothing', page('hello'), { path: '/', status: 200, contains: 'hell' }, undefined],
    ['nothing, below 500', page('gone', 404), { path: '/' }, undefined],
    ['another status', page('', 302), { path: '/', status: 200 }, 'answers 302 instead of 200'],
    ['an error', page('', 502), { path: '/' }, 'answers 502'],
    ['a fatal error with status 200', page('<b>Fatal error</b>: x'), { path: '/' }, 'contains "<b>Fatal error</b>:"'],
    ['a text that is missing', page('x'), { path: '/', contains: 'Basket' }, 'does not contain "Basket"'],
    ["dev's address", page(`<a href="https://${dev}/x">`), { path: '/' }, `contains dev's address ${devHost}`],
    ["dev's address in JSON", page(`"https:\\/\\/${dev}"`), { path: '/' }, `contains dev's address ${devHost}`],
    ["dev's name in running text", page(`at ${devHost}, or https://${devHost}.au/`), { path: '/' }, undefined],
    [
      "dev's address in a header",
      page('', 302, { location: `https://${dev}/` }),
      { path: '/' },
      `has dev's address ${devHost} in a header`,
    ],
  ])('%s', (_, given, expectation, wrong) => {
    expect(whatIsWrong(given, expectation, `https://${dev}`)).toBe(wrong);
  });
});

let server: Server | undefined;
afterEach(() => server?.close());

async function serve(answer: (path: string, host: string) => { status: number; body: string } | 'nothing') {
  server = createServer((request, response) => {
    const given = answer(request.url ?? '', request.headers.host ?? '');
    if (given === 'nothing') return;
    response.statusCode = given.status;
    response.end(given.body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.11.0.1', resolve));
  return `http://127.11.0.1:${(server.address() as AddressInfo).port}`;
}

const signal = new AbortController().signal;
const siteUrl = 'https://example.localhost:8443';

describe('looking at pages', () => {
  it('asks the instance as a visitor would and keeps the order, whichever answers first', async () => {
    const origin = await serve((path, host) => ({ status: 200, body: `${host} ${path}` }));
    const expectations = ['/a', '/b', '/c', '/d'].map((path) => ({ path, status: 200, contains: 'example.localhost' }));
    const checks = await checkPages({ origin, siteUrl, foreignUrl: `https://${dev}`, expectations, signal });
    expect(checks.map(({ path, status }) => `${status} ${path}`)).toEqual(['200 /a', '200 /b', '200 /c', '200 /d']);
  });

  it('names the page that is wrong', async () => {
    const origin = await serve((path) => ({ status: path === '/b' ? 500 : 200, body: '' }));
    const expectations = [{ path: '/a' }, { path: '/b' }];
    const checking = checkPages({ origin, siteUrl, foreignUrl: `https://${dev}`, expectations, signal });
    await expect(checking).rejects.toMatchObject({ code: 'page-wrong', message: expect.stringMatching(/^\/b of/) });
  });

  it('a page that does not come in time is unreachable', async () => {
    const origin = await serve(() => 'nothing');
    const fetching = fetchPage({ origin, siteUrl, path: '/', signal, deadlineMs: 50 });
    await expect(fetching).rejects.toMatchObject({ code: 'page-unreachable' });
    server?.closeAllConnections();
  });

  it('whoever interrupts it gets his own reason back', async () => {
    const origin = await serve(() => 'nothing');
    const interrupted = AbortSignal.timeout(50);
    await expect(fetchPage({ origin, siteUrl, path: '/', signal: interrupted })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    server?.closeAllConnections();
  });
});

it('pages of a sitemap keep their query, which is all that plain permalinks have', () => {
  const xml = '<loc>https://x/a/</loc><loc>https://x/?p=1&amp;q=2</loc><loc>not a url</loc>';
  expect(pathsInSitemap(xml)).toEqual(['/a/', '/?p=1&q=2']);
});
