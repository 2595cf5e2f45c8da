import { setTimeout as delay } from 'node:timers/promises';
import { drillGround } from '../dist/cli/drill-ground.js';
import { Terminal } from '../dist/cli/terminal.js';
import { waitUntil } from '../dist/process/wait.js';
import { median, spread } from './numbers.js';

const runs = 3;
const seconds = 4;
const longestMs = 120_000;
const againEveryMs = 200;

/**
 * What it costs that a commit is acknowledged only when it is on two servers: the same primary, with its standby and
 * while that is kept dead, by turns.
 * @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>}
 */
export async function commits(site) {
  await site.promoted();
  const terminal = new Terminal({ json: true, quiet: true, verbose: false });
  const ground = await drillGround({ terminal, configFile: site.configFile, signal: site.signal });
  const databases = ground.platform.database?.databases;
  if (!databases) throw new Error('The site has no database.');
  const { primary, standby = '' } = await databases.topology();
  const isIn = (/** @type {string} */ state) =>
    waitUntil(async () => (await ground.status()).environments.dev.database?.state === state, {
      what: `the database to be ${state}`,
      deadlineMs: longestMs,
      signal: site.signal,
    });
  const connect = () => databases.connect(primary, 'dev');
  const owner = await connect();
  await owner.query('CREATE TABLE bench_commits (id BIGINT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(200))');
  const results = [];
  try {
    for (const writers of [1, 8]) {
      const [both, alone] = [[], []];
      for (let run = 0; run < runs; run++) {
        await isIn('redundant');
        both.push(await perSecond(writers, connect));
        alone.push(await whileDead(ground, standby, () => isIn('solo').then(() => perSecond(writers, connect))));
      }
      results.push(...rows(writers, both, alone));
    }
    await isIn('redundant');
  } finally {
    await owner.query('DROP TABLE bench_commits');
    await owner.end();
  }
  return results;
}

/** @param {number} writers @param {readonly number[]} both @param {readonly number[]} alone */
function rows(writers, both, alone) {
  const by = writers === 1 ? 'one writer' : `${writers} writers`;
  return [
    { what: `commits on two servers, ${by}`, value: median(both), unit: '/s', note: spread(both, 0) },
    { what: `commits on one server, ${by}`, value: median(alone), unit: '/s', note: spread(alone, 0) },
    { what: `two servers, as a share of one, ${by}`, value: median(both) / median(alone), unit: '' },
  ];
}

/** Whoever starts it meanwhile, it is dead again. @param {import('../dist/drills/stage.js').Ground} ground */
async function whileDead(ground, /** @type {string} */ server, /** @type {() => Promise<number>} */ work) {
  const over = new AbortController();
  const killing = (async () => {
    while (!over.signal.aborted) {
      await ground.faults.kill([server]);
      await delay(againEveryMs);
    }
  })();
  try {
    return await work();
  } finally {
    over.abort();
    await killing;
  }
}

/** Rows written one after the other by each writer. @param {number} writers */
async function perSecond(
  writers,
  /** @type {() => Promise<import('../dist/platform/databases.js').SqlConnection>} */ connect,
) {
  const connections = await Promise.all(Array.from({ length: writers }, connect));
  const end = performance.now() + seconds * 1_000;
  let done = 0;
  await Promise.all(
    connections.map(async (connection) => {
      for (; performance.now() < end; done++) await connection.query("INSERT INTO bench_commits (text) VALUES ('x')");
      await connection.end();
    }),
  );
  return done / seconds;
}
