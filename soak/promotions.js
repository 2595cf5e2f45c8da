/**
 * Promotions one after the other under load, at least twenty, every fifth of them taken back: every page says at its
 * head, in its body and at its foot, by files of their own, which code made it and which content it was made from, so
 * that a page that mixes two editions is seen. At the end PHP must still cache what it compiles.
 */
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { median } from '../bench/numbers.js';
import { BenchSite } from '../bench/site.js';
import { paths } from '../dist/local/layout.js';
import { localPlatform } from '../dist/local/local-platform.js';
import { accountFor } from '../dist/local/machine/accounts.js';
import { locatePrograms } from '../dist/local/machine/find-programs.js';
import { run } from '../dist/process/run.js';
import { waitUntil } from '../dist/process/wait.js';
import { fetchPage } from '../dist/promotion/pages.js';

const atLeast = 20;
const visitorsAtOnce = 6;
const pauseMs = 20;
/** Of so many promotions one is taken back. */
const takenBackEvery = 5;
const marker = /<!--tried code=(\d+) content=(\d+) edition=(\d+) scripts=(\d+) full=(\d) misses=(\d+)-->/;
/** Code and content at the head, code and content in the body. */
const parts = [/<!--tried-head (\d+) (\d+)-->/, /<!--tried-body (\d+) (\d+)-->/];

/** Included while the page is being made. The body's content is asked of the database, not of WordPress's memory. */
const head = (/** @type {number} */ version) => `<?php
printf('<!--tried-head %d %d-->', ${version}, get_option('tried_content'));
`;
const body = (/** @type {number} */ version) => `<?php
global $wpdb;
$content = $wpdb->get_var("SELECT option_value FROM $wpdb->options WHERE option_name = 'tried_content'");
printf('<!--tried-body %d %d-->', ${version}, $content);
`;

/** What a page says of itself. Code and content are edited together, so they must always be equal in prod. */
const plugin = (/** @type {number} */ version) => `<?php
add_action('wp_head', function () { include __DIR__ . '/tried/head.php'; });
add_action('wp_footer', function () {
  include __DIR__ . '/tried/body.php';
  $cache = opcache_get_status(false);
  printf('<!--tried code=%d content=%d edition=%d scripts=%d full=%d misses=%d-->', ${version},
    get_option('tried_content'), UNDERSTUDY_EDITION['id'] ?? 0, $cache['opcache_statistics']['num_cached_scripts'],
    $cache['cache_full'], $cache['opcache_statistics']['misses']);
});
`;

/** @type {import('./soaks.js').Soak} */
export const promotions = {
  summary: 'promotions under load: pages that mix editions, instances that switch apart, OPcache after twenty',
  run: async ({ minutes, signal, say }) => {
    const site = await BenchSite.create(signal);
    try {
      return await promoteUnderLoad(site, { until: Date.now() + minutes * 60_000, say });
    } finally {
      await site.destroy();
    }
  },
};

async function promoteUnderLoad(site, { until, say }) {
  await site.running();
  await edit(site, 1);
  const place = await site.promoted();
  const visits = startVisitors(place);
  const [seconds, spreads] = [[], []];
  let version = 1;
  let takenBack = 0;
  try {
    while (version <= atLeast || Date.now() < until) {
      site.signal.throwIfAborted();
      await edit(site, ++version);
      if (version % takenBackEvery === 0) takenBack += await takeBack(site);
      const { ms, json } = await site.promote();
      if (json.outcome !== 'promoted') throw new Error(`Promotion ${version} ended ${json.outcome}.`);
      seconds.push(ms / 1000);
      spreads.push(await spreadOf(site, json.id));
      say(`${version - 1} promotions, ${visits.pages} pages, ${visits.mixed} mixed, ${visits.failed} failed`);
    }
  } finally {
    await visits.stop();
  }
  const caches = await lookAtCaches(site, place);
  const held = visits.mixed === 0 && visits.failed === 0 && caches.every(({ full, misses }) => !full && misses === 0);
  const counted = {
    promotions: version - 1,
    takenBack,
    pages: visits.pages,
    mixed: visits.mixed,
    failed: visits.failed,
  };
  const spreadMs = { median: median(spreads), most: Math.max(...spreads) };
  const summary =
    `${counted.promotions} promotions (${median(seconds).toFixed(1)} s each) and ${takenBack} that were taken back, under load: of ${counted.pages} pages ` +
    `${counted.mixed} mixed two editions and ${counted.failed} failed; instances switched ${spreadMs.median} ms apart, ` +
    `${spreadMs.most} ms at most. OPcache afterwards: ` +
    caches
      .map(
        ({ id, scripts, full, misses }) =>
          `${id} ${scripts} files, ${full ? 'full' : 'not full'}, ${misses} compiled anew`,
      )
      .join('; ') +
    `.${visits.examples.length > 0 ? ` First: ${visits.examples.join('; ')}` : ''}`;
  return { held, summary, ...counted, spreadMs, caches };
}

/** Promotes, and takes it back once visitors see it. @returns 1 */
async function takeBack(site) {
  const platform = await localPlatform(site.layout);
  const before = (await platform.releases.currentEdition())?.id;
  const promoting = site.cli('promote', ['--yes', '--bake', '60'], site.signal, [1]);
  const isBaking = async () => {
    const instances = await platform.fleet.instances('prod');
    return instances.every(({ edition }) => (edition ?? 0) > before);
  };
  await waitUntil(isBaking, { what: 'the new edition', deadlineMs: 120_000, everyMs: 100, signal: site.signal });
  const { json } = await site.cli('rollback', ['--yes']);
  await promoting;
  if (json.outcome !== 'rolled-back') throw new Error(`A promotion that was taken back ended ${json.outcome}.`);
  return 1;
}

async function edit(site, version) {
  const code = (text) => JSON.stringify(text).replaceAll('$', '\\$');
  await run(locatePrograms().php, [], {
    cwd: paths.devRoot(site.layout),
    as: accountFor('dev'),
    signal: site.signal,
    input: `<?php require 'wp-load.php';
      $folder = WPMU_PLUGIN_DIR . '/tried';
      if (!is_dir($folder)) { mkdir($folder, 0755, true); }
      file_put_contents("$folder/head.php", ${code(head(version))});
      file_put_contents("$folder/body.php", ${code(body(version))});
      file_put_contents(WPMU_PLUGIN_DIR . '/tried.php', ${code(plugin(version))});
      update_option('tried_content', ${version});`,
  });
}

/** Every second page is one that no cache has. */
function startVisitors({ urls, authority }) {
  const { host, hostname, port } = new URL(urls.prod);
  const agent = new Agent({ keepAlive: true, ca: authority, maxSockets: visitorsAtOnce });
  const seen = { pages: 0, mixed: 0, failed: 0, examples: [], stop: async () => {} };
  let over = false;
  const ask = (/** @type {string} */ path) =>
    new Promise((resolve) => {
      const signal = AbortSignal.timeout(20_000);
      const call = request({ host: '127.0.0.1', port, path, servername: hostname, agent, headers: { host }, signal });
      call.on('response', (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
        response.on('error', (error) => resolve({ status: 0, headers: {}, body: error.message }));
      });
      call.on('error', (error) => resolve({ status: 0, headers: {}, body: error.message }));
      call.end();
    });
  const visit = async (/** @type {number} */ number) => {
    for (let turn = number; !over; turn++) {
      const path = turn % 2 === 0 ? ['/', '/hello-world/', '/sample-page/'][turn % 3] : `/?visit=${Math.random()}`;
      const { status, headers, body } = await ask(path);
      const [, code, content, edition] = marker.exec(body) ?? [];
      seen.pages++;
      // The header is nginx's word, the marker PHP's: they too must name one edition.
      const said = parts.flatMap((part) => part.exec(body)?.slice(1) ?? ['nothing', 'nothing']);
      const isMixed =
        said.some((each) => each !== code) || code !== content || edition !== headers['x-understudy-edition'];
      if (status !== 200) seen.failed++;
      else if (isMixed) seen.mixed++;
      else {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        continue;
      }
      const told = `${path} ${status} code ${code} content ${content} (${said}) edition ${edition}/${headers['x-understudy-edition']}`;
      if (seen.examples.length < 5) seen.examples.push(told);
    }
  };
  const visitors = Array.from({ length: visitorsAtOnce }, (_, number) => visit(number));
  seen.stop = async () => {
    over = true;
    await Promise.all(visitors);
    agent.destroy();
  };
  return seen;
}

/** How far apart the instances have renamed their links, in ms, as the promotion has written it down. */
async function spreadOf({ layout }, id) {
  const text = await readFile(join(paths.promotions(layout), id, 'journal.ndjson'), 'utf8');
  const entries = text.split('\n').filter((line) => line !== '');
  const done = entries.map((line) => JSON.parse(line)).find(({ event, step }) => event === 'done' && step === 'switch');
  return Math.round(done.facts.spreadMs);
}

/** Whether a page that was made once is made again without compiling anything. */
async function lookAtCaches({ layout, signal }, { urls }) {
  const { fleet } = await localPlatform(layout);
  const caches = [];
  for (const { id, origin } of await fleet.instances('prod')) {
    const looks = [];
    for (let look = 0; look < 3; look++) {
      const path = `/?look=${Math.random()}`;
      const { body } = await fetchPage({ origin, siteUrl: urls.prod, path, signal });
      const [, , , , scripts, full, misses] = (marker.exec(body) ?? []).map(Number);
      looks.push({ scripts, full: full === 1, misses });
    }
    caches.push({ id, ...looks[2], misses: looks[2].misses - looks[1].misses });
  }
  return caches;
}
