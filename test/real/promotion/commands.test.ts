import { mkdir, readFile, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { run } from '../../../src/process/run.js';
import type { VerifiedClaim } from '../../../src/promotion/certificate/verify.js';
import type { CommandResult, TestPlatform } from '../../helpers/platform.js';
import { edit, indexPage, seen, startPhpSite } from './php-site.js';

/** The commands of a promotion, one after the other on one site: each test goes on where the one before it ended. */
describe('promote, rollback and releases', () => {
  let site: TestPlatform;
  let planned: string;

  beforeAll(async () => {
    site = await startPhpSite();
    await edit(site, 1);
  });
  afterAll(() => site?.destroy());

  const code = async () => (await site.fetchProd('/')).body;
  /** Exactly one document, or JSON.parse throws. */
  const json = ({ stdout }: CommandResult) => JSON.parse(stdout);
  const promote = (...options: string[]) => site.cli(['promote', '--yes', '--json', ...options]);

  it('before the first promotion there is nothing to roll back to', async () => {
    const refused = await site.cli(['rollback', '--yes', '--json']);
    expect(refused.exitCode, refused.stderr).toBe(3);
    expect(json(refused)).toMatchObject({ outcome: 'refused', edition: null, error: { code: 'nothing-to-roll-back' } });
  });

  it('without a terminal and without --yes nothing is promoted', async () => {
    const refused = await site.cli(['promote', '--json']);
    expect(refused.exitCode).toBe(3);
    expect(json(refused)).toMatchObject({ error: { code: 'not-confirmed' } });
    expect((await site.fetchProd('/')).status).toBe(503);
  });

  it('the first promotion that is taken back leaves prod with nothing again', async () => {
    await site.writeDevFile('index.php', '<?php http_response_code(500);');
    const failed = await promote();
    expect(failed.exitCode, failed.stderr).toBe(1);
    expect(json(failed)).toMatchObject({ outcome: 'rolled-back', edition: null, error: { code: 'page-wrong' } });
    expect((await site.fetchProd('/')).status).toBe(503);
    await site.writeDevFile('index.php', indexPage);
  });

  it('promotes, and prints what it did', async () => {
    const promoted = await promote();
    expect(promoted, promoted.stderr).toMatchObject({ exitCode: 0 });
    const { edition, steps, visitors, ...result } = json(promoted);
    expect(result).toMatchObject({ kind: 'promote', outcome: 'promoted', error: null, standsAt: null });
    expect(edition).toMatchObject({ release: 2, replicas: ['replica-1', 'replica-2'] });
    expect(result.certificate).toMatchObject({ edition });
    expect(visitors.failed).toBe(0);
    expect(steps.map(({ id, outcome }: { id: string; outcome: string }) => `${id} ${outcome}`)).toEqual(
      [
        ...['preflight', 'stage', 'plan', 'media', 'drain', 'advance', 'canary'],
        ...['warm', 'switch', 'bake', 'finalise', 'certificate'],
      ].map((id) => `${id} done`),
    );
    expect(await code()).toBe('code 1');
  });

  it('gates are closed since the promotion, as they are meant to be, and nothing is to be done', async () => {
    const gates = json(await site.cli(['gate', '--json']));
    expect(gates).toMatchObject({ target: 'local', warning: null, endsAt: null, advice: [] });
    expect(gates.replicas).toHaveLength(2);
    for (const replica of gates.replicas) expect(replica).toMatchObject({ gate: 'closed', meant: 'closed' });
    expect(gates.closedDays).toBeLessThan(1);
  });

  it('its certificate holds, and says what does not when something is changed behind its back', async () => {
    const verify = async () => {
      const { exitCode, stdout, stderr } = await site.cli(['certificate', '--verify', '--json']);
      const { holds, claims } = JSON.parse(stdout) as { holds: boolean; claims: readonly VerifiedClaim[] };
      return { exitCode, stderr, holds, broken: claims.filter((claim) => !claim.holds).map(({ why }) => why) };
    };
    expect(await verify()).toMatchObject({ exitCode: 0, holds: true, broken: [] });
    const stated = json(await site.cli(['certificate', '--json']));
    expect(stated).toMatchObject({ source: { server: 'db-1' }, leftovers: [], visitors: { failed: 0 } });
    expect((await site.cli(['certificate', 'no-such', '--json'])).exitCode).toBe(3);

    const edition = join(paths.instance(site.layout, 'prod-2'), 'editions', String(stated.edition.id));
    const code = await readFile(join(edition, 'code.php'), 'utf8');
    await writeFile(join(edition, 'code.php'), '<?php return 666;');
    await mkdir(join(paths.instance(site.layout, 'prod-1'), 'editions', '99'));
    await changeReplica("REPLACE INTO notes (id, text) VALUES (1, 'other')");
    const found = await verify();
    expect(found).toMatchObject({ exitCode: 1, holds: false });
    expect(found.broken).toEqual([
      expect.stringContaining('code.php'),
      expect.stringContaining('replica-2 holds other rows than certified in notes'),
      expect.stringContaining('prod-1 has edition 99'),
    ]);
    await writeFile(join(edition, 'code.php'), code);
    await rmdir(join(paths.instance(site.layout, 'prod-1'), 'editions', '99'));
    await changeReplica("REPLACE INTO notes (id, text) VALUES (1, 'row 1')");
    expect(await verify(), 'as it was').toMatchObject({ exitCode: 0 });
  });

  it('with nothing changed is refused', async () => {
    const refused = await promote();
    expect(refused.exitCode, refused.stderr).toBe(3);
    expect(json(refused)).toMatchObject({ outcome: 'refused', error: { code: 'nothing-to-promote' } });
    expect(json(refused).edition).toMatchObject({ release: 2 });
  });

  it('--plan says what would change, and changes nothing', async () => {
    await edit(site, 2);
    const before = await seen(site);
    const plan = await site.cli(['promote', '--plan', '--json']);
    expect(plan, plan.stderr).toMatchObject({ exitCode: 0 });
    expect(json(plan)).toMatchObject({
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      release: 3,
      position: expect.stringMatching(/^0-\d+-\d+$/),
      files: { changed: [{ path: 'code.php' }] },
      media: { added: [{ path: '2.txt' }], changed: [{ path: 'a.txt' }] },
      content: { transactions: expect.any(Number) },
      problems: [],
      estimateMs: expect.any(Number),
    });
    expect(await seen(site)).toEqual(before);
    planned = json(plan).hash;
  });

  it('--plan-hash promotes exactly what was planned, although dev has moved on', async () => {
    await edit(site, 3);
    const promoted = await promote('--plan-hash', planned);
    expect(promoted, promoted.stderr).toMatchObject({ exitCode: 0 });
    expect(await code()).toBe('code 2');
    expect((await seen(site)).replicas).toMatchObject([{ row: 'row 2' }, { row: 'row 2' }]);
    const again = await promote('--plan-hash', planned);
    expect(again.exitCode).toBe(3);
    expect(json(again).error.code).toMatch(/^plan-(unknown|outdated)$/);
  });

  it('tells of tables that replication copes with badly, and promotes all the same', async () => {
    await sql('CREATE TABLE odd (text VARCHAR(10)) ENGINE=Aria');
    const plan = await site.cli(['promote', '--plan', '--json']);
    const warnings = [
      { severity: 'warning', code: 'storage-engine' },
      { severity: 'warning', code: 'no-primary-key' },
    ];
    expect(json(plan).problems).toMatchObject(warnings);
    const promoted = await promote();
    expect(promoted, promoted.stderr).toMatchObject({ exitCode: 0 });
    expect(await code()).toBe('code 3');
  });

  it.each([
    ['a link that leads outside', () => symlink('/etc/passwd', devFile('outside')), 'outside'],
    ['a link to a file of ours', () => symlink(paths.secrets(site.layout), devFile('inside')), 'inside'],
    ['media that are links', () => symlink('/etc/passwd', devFile('files/link.txt')), 'files/link.txt'],
  ])('%s in dev is refused by name, and nothing is changed', async (_, make, path) => {
    const before = await seen(site);
    await make();
    const refused = await promote();
    await site.removeDevFile(path);
    expect(refused.exitCode, refused.stderr).toBe(3);
    expect(json(refused)).toMatchObject({ outcome: 'refused', error: { code: 'not-releasable' } });
    expect(json(refused).error.message).toContain(path.split('/').at(-1));
    expect(await seen(site)).toEqual(before);
  });

  it('a bad release is seen by the canary: visitors never see it, and all is as before', async () => {
    const before = await seen(site);
    await site.writeDevFile('code.php', '<?php this is not PHP;');
    await sql("REPLACE INTO notes (id, text) VALUES (1, 'bad')");
    const failed = await promote();
    expect(failed.exitCode, failed.stderr).toBe(1);
    expect(json(failed)).toMatchObject({ outcome: 'rolled-back', error: { code: 'page-wrong' }, standsAt: null });
    expect(json(failed).steps.map(({ id }: { id: string }) => id)).not.toContain('switch');
    expect(await seen(site)).toEqual(before);
    await edit(site, 3);
  });

  it('a rollback goes to the code before, and leaves content where it is', async () => {
    await edit(site, 4);
    expect(await promote()).toMatchObject({ exitCode: 0 });
    const back = await site.cli(['rollback', '--yes', '--json']);
    expect(back, back.stderr).toMatchObject({ exitCode: 0 });
    expect(json(back)).toMatchObject({ kind: 'rollback', outcome: 'promoted' });
    expect(json(back).certificate.edition).toEqual(json(back).edition);
    expect(await code()).toBe('code 3');
    const { replicas, edition } = await seen(site);
    for (const replica of replicas) expect(replica).toMatchObject({ row: 'row 4', position: edition?.position });
    const releases = json(await site.cli(['releases', '--json'])) as { number: number; current: boolean }[];
    expect(releases.filter(({ current }) => current)).toHaveLength(1);
    expect(releases.find(({ current }) => current)?.number).toBe(json(back).edition.release);
  });

  it('a rollback to code that knew another schema is refused, unless forced', async () => {
    await sql('ALTER TABLE notes ADD COLUMN more INT');
    await edit(site, 5);
    expect(await promote()).toMatchObject({ exitCode: 0 });
    const refused = await site.cli(['rollback', '--yes', '--json']);
    expect(refused.exitCode).toBe(3);
    expect(json(refused)).toMatchObject({ outcome: 'refused', error: { code: 'schema-changed' } });
    expect(await code()).toBe('code 5');
    expect(await site.cli(['rollback', '--yes', '--force'])).toMatchObject({ exitCode: 0 });
    expect(await code()).toMatch(/^code [34]$/);
  });

  it.each([
    [['rollback', '--to', '99', '--yes', '--json'], 3, 'release-not-kept'],
    [['promote', '--resume', '--json'], 3, 'nothing-interrupted'],
    [['promote', '--resume', '--abort', '--json'], 2, 'options-exclusive'],
    [['promote', '--abort', '--plan-hash', '0123456789abcdef', '--json'], 2, 'options-exclusive'],
    [['promote', '--plan-hash', '0123456789abcdef', '--yes', '--json'], 3, 'plan-unknown'],
    [['replica', 'rebuild', 'db-1', '--yes', '--json'], 2, 'unknown-action'],
  ])('%j ends with %i and says why', async (args, exitCode, wanted) => {
    const refused = await site.cli(args);
    expect(refused.exitCode, refused.stderr).toBe(exitCode);
    expect(json(refused).error).toMatchObject({ code: wanted });
  });

  /** Behind the back of replication, as a defect of the server would: nothing but the rows themselves tells of it. */
  async function changeReplica(statement: string): Promise<void> {
    const socket = join(site.layout.runtimeDir, 'databases', 'replica-2.sock');
    const root = ['--no-defaults', `--socket=${socket}`, '--user=root', 'small'];
    const { stdout } = await run('mariadb', [...root, '-e', `SET sql_log_bin = 0; ${statement}`]);
    expect(stdout).toBe('');
  }

  const devFile = (path: string) => join(paths.devRoot(site.layout), path);

  async function sql(statement: string): Promise<void> {
    const { database } = site.platform;
    const { primary } = (await database?.databases.topology()) ?? { primary: '' };
    const connection = await database?.databases.connect(primary, 'dev');
    await connection?.query(statement);
    await connection?.end();
  }
});
