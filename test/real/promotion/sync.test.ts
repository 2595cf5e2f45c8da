import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { waitUntil } from '../../../src/process/wait.js';
import type { CommandResult, TestPlatform } from '../../helpers/platform.js';
import { edit, seen, startPhpSite } from './php-site.js';

/** Each test goes on where the one before it ended. */
describe('sync', () => {
  let site: TestPlatform;
  beforeAll(async () => {
    site = await startPhpSite();
    const { databases } = JSON.parse(await readFile(paths.secrets(site.layout), 'utf8'));
    await site.writeDevFile('index.php', indexWithContent(databases.prod));
    await edit(site, 1);
  });
  afterAll(() => site?.destroy());

  const json = ({ stdout }: CommandResult) => JSON.parse(stdout);
  const shows = async () => (await site.fetchProd('/')).body;
  const showsSoon = (text: string) =>
    waitUntil(async () => (await shows()) === text, { what: `prod to show ${text}`, deadlineMs: 30_000, everyMs: 100 });
  const replicas = async () => (await seen(site)).replicas;

  it.each([[[]], [['halt']]])('sync %j ends with 2 and says how it is used', async (action) => {
    const wrong = await site.cli(['sync', ...action, '--json']);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('understudy sync start | stop | status');
  });

  it('stop is refused while prod is frozen, start without a yes', async () => {
    expect(json(await site.cli(['sync', 'stop', '--json'])).error.code).toBe('not-following');
    const start = await site.cli(['sync', 'start', '--json']);
    expect([start.exitCode, json(start).error.code]).toEqual([3, 'not-confirmed']);
  });

  it('start publishes dev, and from then on prod shows every change of content within seconds', async () => {
    const started = await site.cli(['sync', 'start', '--yes', '--json']);
    expect(started, started.stderr).toMatchObject({ exitCode: 0 });
    expect(json(started)).toMatchObject({ kind: 'sync-start', outcome: 'promoted', standsAt: null });
    expect(await shows()).toBe('code 1, row 1');
    await edit(site, 2);
    // The code was published once; content follows.
    await showsSoon('code 1, row 2');
    expect(await replicas()).toMatchObject([{ gate: 'open' }, { gate: 'open' }]);
    const status = json(await site.cli(['sync', 'status', '--json']));
    expect(status).toMatchObject({ state: 'following', since: expect.stringMatching(/^20/) });
    expect((await site.client.call('status', {})).environments.prod.edition?.followingSince).toBe(status.since);
  });

  it.each([
    [['promote', '--yes', '--json']],
    [['promote', '--plan', '--json']],
    [['rollback', '--yes', '--json']],
    [['replica', 'rebuild', 'replica-2', '--yes', '--json']],
    [['sync', 'start', '--yes', '--json']],
  ])('%j is refused meanwhile', async (args) => {
    const refused = await site.cli(args);
    expect(refused.exitCode, refused.stderr).toBe(3);
    expect(json(refused).error.code).toBe('prod-follows-dev');
  });

  it('a replica that dies meanwhile follows again by itself', async () => {
    await killDatabase('replica-2');
    await waitUntil(async () => (await replicas().catch(() => []))[1]?.gate === 'open', {
      what: 'replica-2 to follow again',
      deadlineMs: 30_000,
      everyMs: 250,
    });
    await edit(site, 3);
    await waitUntil(async () => (await replicas()).every(({ row }) => row === 'row 3'), {
      what: 'both replicas to follow',
      deadlineMs: 30_000,
    });
  });

  it('stop freezes prod where the faster replica is: both at one position, in a new edition', async () => {
    const { edition: before } = await seen(site);
    // Held back: it has to be advanced to where the other one is.
    await site.platform.database?.gate.close('replica-1');
    await edit(site, 4);
    const stopped = await site.cli(['sync', 'stop', '--json']);
    expect(stopped, stopped.stderr).toMatchObject({ exitCode: 0 });
    expect(json(stopped)).toMatchObject({ kind: 'sync-stop', outcome: 'promoted', visitors: { failed: 0 } });
    const { edition, ...now } = await seen(site);
    expect(edition?.id).toBeGreaterThan(before?.id ?? 0);
    expect(edition).toMatchObject({ release: before?.release });
    expect(edition).not.toHaveProperty('following');
    for (const replica of now.replicas) {
      expect(replica).toMatchObject({ gate: 'closed', position: edition?.position, row: 'row 4' });
    }
    for (const instance of now.instances) expect(instance).toMatchObject({ edition: edition?.id, media: 'media 4' });
    expect(json(stopped).certificate.edition).toEqual(edition);
    await edit(site, 5);
    expect(await shows()).toBe('code 1, row 4');
    expect(json(await site.cli(['sync', 'status', '--json']))).toMatchObject({ state: 'frozen', since: null });
  });

  it('taken back in the middle, stop leaves prod following', async () => {
    expect(await site.cli(['sync', 'start', '--yes'])).toMatchObject({ exitCode: 0 });
    // An instance that has another edition of the number that comes next refuses it.
    const next = ((await seen(site)).edition?.id ?? 0) + 1;
    const root = paths.instance(site.layout, 'prod-2');
    await mkdir(join(root, 'editions', String(next)));
    for (const name of ['manifest', 'installed']) await writeFile(join(root, 'manifests', `${next}.${name}`), '');
    const failed = await site.cli(['sync', 'stop', '--json']);
    expect(failed.exitCode, failed.stderr).toBe(1);
    expect(json(failed)).toMatchObject({ outcome: 'rolled-back', standsAt: null });
    expect(await replicas()).toMatchObject([{ gate: 'open' }, { gate: 'open' }]);
    await edit(site, 6);
    await showsSoon('code 5, row 6');
    expect(await site.cli(['sync', 'stop'])).toMatchObject({ exitCode: 0 });
    expect(await replicas()).toMatchObject([{ gate: 'closed' }, { gate: 'closed' }]);
  });

  it('a promotion goes on from where prod was frozen', async () => {
    await edit(site, 7);
    expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
    expect(await shows()).toBe('code 7, row 7');
  });

  async function killDatabase(id: string): Promise<void> {
    const record = JSON.parse(await readFile(join(paths.processes(site.layout), `${id}.json`), 'utf8'));
    process.kill(record.process.pid, 'SIGKILL');
  }
});

/** Also shows a row of the database, as whoever may answer for the edition has it. */
const indexWithContent = (password: string) => `<?php $code = include 'code.php';
mysqli_report(MYSQLI_REPORT_OFF);
$edition = is_file(__DIR__ . '/edition.php') ? include __DIR__ . '/edition.php' : null;
foreach ($edition['replicas'] ?? [] as $replica) {
    [$host, $port] = explode(':', $replica['host']);
    $db = mysqli_init();
    $db->options(MYSQLI_OPT_CONNECT_TIMEOUT, 1);
    if (@$db->real_connect($host, 'prod', '${password}', 'small', (int) $port)) {
        $row = $db->query('SELECT text FROM notes WHERE id = 1')->fetch_row()[0];
        break;
    }
}
header('Content-Type: text/plain');
echo "code $code, ", $row ?? 'no row';
`;
