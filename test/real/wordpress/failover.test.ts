import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { waitUntil } from '../../../src/process/wait.js';
import { configFor, makeDocumentRoot, serve, type Web, writeEdition } from './document-root.js';
import { copyDataDir, type MariaDb, startMariaDb } from './mariadb.js';
import { makeFolder, runInWordPress, stageDev } from './stage.js';

const folder = makeFolder();
const path = join(folder.path, 'prod');
/** There while a page is in the middle of its work; it goes on when the file is removed. */
const file = join(folder.path, 'hand', 'at-work');
const first = '127.9.0.31';
const second = '127.9.0.32';
/** Nobody listens there. */
const nobody = '127.9.0.33:3306';
let replica1: MariaDb;
let replica2: MariaDb;
let web: Web;

const probes = `<?php
add_action('wp_loaded', function () {
    global $wpdb;
    $say = function ($value) { header('Content-Type: application/json'); echo json_encode($value); exit; };
    $cut = fn () => @$wpdb->dbh->query('KILL CONNECTION_ID()');
    $where = fn () => $wpdb->get_var('SELECT @@bind_address');
    switch ($_GET['probe'] ?? '') {
        case 'where': $say($where());
        case 'wait': $a = $where(); file_put_contents($_GET['file'], ''); while (file_exists($_GET['file'])) { usleep(10000); clearstatcache(); } $say([$a, $where()]);
        case 'half': echo 'half a page'; file_put_contents($_GET['file'], ''); while (file_exists($_GET['file'])) { usleep(10000); clearstatcache(); } $where(); echo 'the rest'; exit;
        case 'count': $wpdb->get_col("SELECT SQL_CALC_FOUND_ROWS umeta_id FROM $wpdb->usermeta LIMIT 2"); $cut(); $say([$wpdb->get_var('SELECT FOUND_ROWS()'), $where(), $wpdb->last_error]);
        case 'check': $cut(); $say([$wpdb->check_connection(), $where()]);
        case 'pauses': $say([count($wpdb->get_results("SELECT REPEAT('x', 60000), SLEEP(pause) FROM (SELECT 0 AS pause UNION ALL SELECT 1.4) AS rows_to_come")), $wpdb->last_error]);
    }
});`;

beforeAll(async () => {
  mkdirSync(join(folder.path, 'hand'));
  // PHP may run under another account.
  chmodSync(join(folder.path, 'hand'), 0o777);
  const dev = await stageDev(folder.path, first);
  await makeDocumentRoot(path, configFor('prod', dev.database.host), {});
  writeFileSync(join(path, 'wp-content/mu-plugins/probes.php'), probes);
  await dev.database.shutDown();
  await copyDataDir(dev.database.dataDir, join(folder.path, 'db-2'));
}, 60_000);

beforeEach(async () => {
  [replica1, replica2] = await Promise.all([
    replica1?.isRunning() ? replica1 : startMariaDb(join(folder.path, 'db-1'), first),
    replica2?.isRunning() ? replica2 : startMariaDb(join(folder.path, 'db-2'), second),
  ]);
  await setEdition(null);
  // A server of its own for every test: the last one's memory of what failed is in APCu.
  web = await serve(path, '127.9.1.31');
}, 30_000);

afterEach(async () => {
  await web?.stop();
  for (const replica of [replica1, replica2]) if (replica?.isRunning()) replica.wake();
});

afterAll(async () => {
  await Promise.all([replica1?.kill(), replica2?.kill()]);
  folder.remove();
});

const setEdition = (endpoint: string | null) =>
  writeEdition(path, {
    id: 3,
    release: 2,
    position: '0-1-42',
    replicas: [
      { id: 'replica-1', host: `${first}:3306` },
      { id: 'replica-2', host: `${second}:3306` },
    ],
    endpoint,
  });

async function ask(probe: string): Promise<{ readonly status: number; readonly body: unknown; readonly ms: number }> {
  const started = performance.now();
  const answer = await web.get(`/?probe=${probe}`);
  const text = await answer.text();
  const body = answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
  return { status: answer.status, body, ms: performance.now() - started };
}

const log = () => readFileSync(`${path}.log`, 'utf8');

/** Far below what waiting for a dead server without a limit takes, and far above one hop on a busy machine. */
const hopMs = 3_000;

describe('a database of the edition', () => {
  test('is the endpoint while it answers', async () => {
    await setEdition(`${second}:3306`);
    expect((await ask('where')).body).toBe(second);
  });

  test('that refuses connections is passed over at once', async () => {
    await setEdition(nobody);
    await replica1.kill();
    expect((await ask('where')).body).toBe(second);
    expect(log()).toMatch(/database endpoint \(127\.9\.0\.33:3306\) failed: Connection refused/);
  });

  test('that hangs is passed over after a second, and asked last for a while', async () => {
    replica1.hang();
    const slow = await ask('where');
    expect(slow.body).toBe(second);
    expect(slow.ms).toBeLessThan(hopMs);
    const quick = await ask('where');
    expect(quick.body).toBe(second);
    expect(quick.ms).toBeLessThan(slow.ms);
    expect(log().match(/replica-1 .* failed/g)).toHaveLength(1);
    replica2.hang();
    replica1.wake();
    expect((await ask('where')).body).toBe(first);
  });

  test('that refuses the account is passed over', async () => {
    await replica1.sql("ALTER USER prod@'%' ACCOUNT LOCK");
    expect((await ask('where')).body).toBe(second);
    await replica1.sql("ALTER USER prod@'%' ACCOUNT UNLOCK");
  });

  test('that dies in the middle of a page is replaced by the other one', async () => {
    const page = ask(`wait&file=${file}`);
    await waitUntil(() => existsSync(file), { what: 'the page to be under way', deadlineMs: 5_000 });
    await replica1.kill();
    rmSync(file);
    expect((await page).body).toEqual([first, second]);
  });

  test('that hangs in the middle of a page is replaced after its deadline', async () => {
    const page = ask(`wait&file=${file}`);
    await waitUntil(() => existsSync(file), { what: 'the page to be under way', deadlineMs: 5_000 });
    replica1.hang();
    rmSync(file);
    expect((await page).body).toEqual([first, second]);
    expect(log()).toMatch(/replica-1 .* failed: no answer to a query for 5 s/);
  }, 30_000);

  test('that loses the connection between a query and its count answers for the right query', async () => {
    expect((await ask('count')).body).toEqual([await replica2.sql('SELECT COUNT(*) FROM wp.wp_usermeta'), second, '']);
  });

  test('is found again by whoever checks the connection', async () => {
    expect((await ask('check')).body).toEqual([true, second]);
  });

  test('that pauses within a long answer is given the time', async () => {
    expect((await ask('pauses')).body).toEqual([2, '']);
  }, 20_000);
});

describe('with no database left', () => {
  test('a page is 503, to be tried again and not to be stored', async () => {
    await replica1.kill();
    replica2.hang();
    const started = performance.now();
    const answer = await web.get('/hello-world/');
    const body = await answer.text();
    expect(performance.now() - started).toBeLessThan(2 * hopMs);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('10');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(body).toContain('Back in a moment');
    expect(body).not.toMatch(/database|127\.9/i);
  });

  test('a page is given up after each server had its second, although all of them hang', async () => {
    await setEdition(`${first}:3306`);
    replica1.hang();
    replica2.hang();
    const { status, ms } = await ask('where');
    expect(status).toBe(503);
    // Three addresses, a second each; asked twice it would be six.
    expect(ms).toBeLessThan(5_500);
  });

  test('a page that was half written is 503 and nothing of it is sent', async () => {
    const page = ask(`half&file=${file}`);
    await waitUntil(() => existsSync(file), { what: 'the page to be under way', deadlineMs: 5_000 });
    await Promise.all([replica1.kill(), replica2.kill()]);
    rmSync(file);
    expect(await page).toMatchObject({ status: 503, body: expect.not.stringMatching(/half|rest/) });
  });

  test('the command line says so and fails', async () => {
    await Promise.all([replica1.kill(), replica2.kill()]);
    await expect(runInWordPress(path, '')).rejects.toThrow(/no database of the edition answers/);
  });

  test('which is so without an edition, whatever database there is', async () => {
    rmSync(join(path, 'edition.php'));
    expect((await web.get('/')).status).toBe(503);
    expect(log()).toMatch(/there is no usable edition.php/);
  });
});
