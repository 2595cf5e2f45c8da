import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drillGround } from '../../../src/cli/drill-ground.js';
import { Terminal } from '../../../src/cli/terminal.js';
import type { Drill } from '../../../src/drills/drill.js';
import { randomFaults } from '../../../src/drills/random-faults.js';
import { runDrill } from '../../../src/drills/run-drill.js';
import type { Ground } from '../../../src/drills/stage.js';
import type { DrillResult } from '../../../src/drills/verdict.js';
import { paths } from '../../../src/local/layout.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';

let site: TestPlatform;
let ground: Ground;
const { signal } = new AbortController();

beforeAll(async () => {
  site = await startPlatform();
  expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
  const terminal = new Terminal({ json: true, quiet: true, verbose: false });
  ground = await drillGround({ terminal, configFile: site.layout.configFile, target: 'local', signal });
});
afterAll(() => site?.destroy());

const drilled = (drill: Drill) =>
  runDrill(drill, ground, {
    seed: 1,
    rate: 20,
    durationMs: 6_000,
    folder: paths.drills(site.layout),
    signal,
    heard: () => {},
  });

describe('a drill on the command line', () => {
  it('tells what it measured in one document, leaves a report, and nothing in dev', async () => {
    const before = await site.devPhp("require 'wp-load.php'; echo wp_count_posts()->private;");
    const args = ['drill', 'standby-kill', '--json', '--seed', '7', '--rate', '20', '--duration', '8'];
    const { stdout, exitCode } = await site.cli(args);
    const result = JSON.parse(stdout) as DrillResult;
    expect(result).toMatchObject({ name: 'standby-kill', seed: 7, writes: { lost: 0, duplicated: 0 } });
    expect(result.writes.acknowledged).toBeGreaterThan(5);
    expect(result.requests.sent).toBeGreaterThan(100);
    expect({ exitCode, broken: result.broken }).toEqual({ exitCode: 0, broken: [] });
    expect(readFileSync(result.report, 'utf8')).toMatch(
      /# Drill standby-kill: held[\s\S]*FAULT: db-2, the standby, killed/,
    );
    expect(await site.devPhp("require 'wp-load.php'; echo wp_count_posts()->private;")).toBe(before);
  });
});

describe('a drill breaks', () => {
  it('when an acknowledged write is not there any more', async () => {
    const { broken, outcome } = await drilled({
      name: 'primary-kill',
      summary: 'a row is taken away',
      fault: ({ strike }) =>
        strike('a row is taken away', async () => {
          await site.devPhp(
            `require 'wp-load.php'; $wpdb->query("DELETE FROM {$wpdb->posts} WHERE post_title LIKE 'Drill %' ORDER BY ID LIMIT 1");`,
          );
        }),
    });
    expect(outcome).toBe('broke');
    expect(broken.join()).toMatch(/1 acknowledged writes lost \(Drill .* write \d+\)/);
  });

  it('when visitors are not answered, and when something does not come back as it was', async () => {
    const { broken, outcome, requests } = await drilled({
      name: 'instance-kill',
      summary: 'every instance of prod dies, and one replica follows dev from then on',
      fault: async ({ strike, faults, platform }) => {
        const all = (await faults.parts()).filter(({ environment }) => environment === 'prod').map(({ name }) => name);
        await strike('everything in prod dies', () => faults.kill(all));
        await faults.kill(all);
        await platform.database?.gate.open('replica-2');
      },
      check: async ({ platform }) => {
        await platform.database?.gate.close('replica-2');
        return [];
      },
    });
    expect(outcome).toBe('broke');
    expect(requests.failed).toBeGreaterThan(0);
    expect(broken.join()).toMatch(/GETs of prod failed/);
  });
});

it('a write whose connection is lost is not sent again by WordPress; what reads is', async () => {
  const said = await site.devPhp(`
    require 'wp-load.php';
    // Afterwards WordPress tells the caller instead of ending the request.
    $GLOBALS['wp_actions']['template_redirect'] = 1;
    $lose = static function () use ($wpdb) {
        [$host, $port] = explode(':', DB_HOST);
        (new mysqli($host, DB_USER, DB_PASSWORD, DB_NAME, (int) $port))->query('KILL ' . mysqli_thread_id($wpdb->dbh));
    };
    $lose();
    $read = $wpdb->get_var('SELECT 7');
    $lose();
    $written = $wpdb->query("INSERT INTO $wpdb->options (option_name, option_value) VALUES ('drill_once', '1')");
    $found = $wpdb->get_var("SELECT COUNT(*) FROM $wpdb->options WHERE option_name = 'drill_once'");
    echo json_encode([$read, $written, $found]);`);
  expect(JSON.parse(said)).toEqual(['7', false, '0']);
});

it('thirty faults at random lose nothing, and each is mended without a person', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const end = performance.now() + 170_000;
  const run = `random-${seed}`;
  const report = await randomFaults(ground, {
    seed,
    rate: 20,
    run,
    ledgerFile: join(paths.drills(site.layout), run, 'ledger.ndjson'),
    signal,
    say: () => {},
    goOn: (done) => done < 30 && performance.now() < end,
  });
  expect({ seed, problems: report.problems }).toEqual({ seed, problems: [] });
  expect(report.faults).toBeGreaterThan(5);
  expect(existsSync(join(paths.drills(site.layout), run, 'ledger.ndjson'))).toBe(true);
}, 330_000);
