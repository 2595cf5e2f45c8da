import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../src/process/wait.js';
import type { PromotionPlan } from '../../../src/promotion/facts.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';

/** What a plan says of a WordPress site, and when a promotion of it is refused. In this order: the last one is for good. */
describe('a plan', () => {
  let site: TestPlatform;
  beforeAll(async () => {
    site = await startPlatform();
    expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => site?.destroy());

  async function plan(...options: string[]): Promise<PromotionPlan> {
    const { exitCode, stdout, stderr } = await site.cli(['promote', '--plan', '--json', ...options]);
    expect(exitCode, stderr).toBe(0);
    return JSON.parse(stdout);
  }
  const refusal = async (...options: string[]) => {
    const { exitCode, stdout } = await site.cli(['promote', '--yes', '--json', ...options]);
    return { exitCode, ...JSON.parse(stdout).error };
  };
  const wp = (code: string) => site.devPhp(`require 'wp-load.php'; ${code}`);

  it('tells files by core, plugin and theme, with versions and sizes', async () => {
    await site.writeDevFile(
      'wp-content/plugins/greeting/greeting.php',
      '<?php\n/* Plugin Name: Greeting\nVersion: 1.4 */',
    );
    const { files, estimateMs } = await plan();
    expect(files.groups).toEqual([
      { id: 'plugins/greeting', to: '1.4', added: 1, changed: 0, deleted: 0, bytes: expect.any(Number) },
    ]);
    expect(estimateMs).toBeGreaterThan(1_000);
    const { stdout } = await site.cli(['promote', '--plan']);
    expect(stdout).toMatch(/plugins\/greeting +new: 1\.4 +1 added +\d+ B/);
  });

  it('promoted by its hash, brings exactly what it told, although dev is written to all the time', async () => {
    await site.editPost('The planned title');
    const { hash, position, content } = await plan();
    expect(content).toMatchObject({ pinned: true, changes: { told: [{ what: 'post', title: 'The planned title' }] } });
    await site.editPost('A later title');
    const promoted = await site.cli(['promote', '--plan-hash', hash, '--yes', '--json']);
    expect(promoted, promoted.stderr).toMatchObject({ exitCode: 0 });
    const result = JSON.parse(promoted.stdout);
    expect(result.edition.position).toBe(position);
    expect(result.plan.content.changes).toEqual(content.changes);
    expect((await site.fetchProd('/')).body).toContain('The planned title');
    expect(await refusal('--plan-hash', hash)).toMatchObject({ exitCode: 3, code: expect.stringMatching(/^plan-/) });
  });

  it('names plugins that write, and is refused until that is accepted', async () => {
    await site.writeDevFile('wp-content/plugins/woocommerce/woocommerce.php', '<?php\n/* Plugin Name: Shop */');
    await wp("update_option('active_plugins', ['woocommerce/woocommerce.php']);");
    const { problems } = await plan();
    expect(problems).toMatchObject([{ severity: 'error', code: 'plugins-need-writes' }]);
    expect(await refusal()).toMatchObject({
      ...{ exitCode: 3, code: 'plugins-need-writes', message: expect.stringContaining('woocommerce (a shop)') },
      remedy: expect.stringContaining('--accept-read-only'),
    });
    const accepted = await plan('--accept-read-only');
    expect(accepted.problems).toMatchObject([{ severity: 'warning', code: 'plugins-need-writes' }]);
    await wp("update_option('active_plugins', []);");
  });

  it('says that prod is configured anew, which alone is worth a promotion', async () => {
    expect((await plan()).configurationChanged).toBe(false);
    const options = { promotion: { bakeSeconds: 0 }, environments: { prod: { options: { blogdescription: 'Anew' } } } };
    await writeFile(
      site.layout.configFile,
      `import { defineSite } from 'understudy';\nexport default defineSite(${JSON.stringify({ name: 'tested', ...options })});\n`,
    );
    expect(await site.cli(['up'])).toMatchObject({ exitCode: 0 });
    expect((await plan()).configurationChanged).toBe(true);
  });

  it('of a multisite is refused', async () => {
    await wp("global $wpdb; $wpdb->query('CREATE TABLE wp_blogs (id INT PRIMARY KEY)');");
    expect(await refusal()).toMatchObject({ exitCode: 3, code: 'multisite' });
    await wp("global $wpdb; $wpdb->query('DROP TABLE wp_blogs');");
  });

  it('is refused once dev has no binary logs of what prod lacks', async () => {
    const { database } = site.platform;
    if (!database) throw new Error('The site has no database.');
    const { primary } = await database.databases.topology();
    const operator = await database.databases.connect(primary, 'operator');
    await operator.query('FLUSH BINARY LOGS');
    // A log that the standby still reads, or that crash recovery still needs, is left without a word.
    await waitUntil(
      async () => {
        const [newest, ...older] = (await operator.query<{ Log_name: string }>('SHOW BINARY LOGS')).reverse();
        if (older.length > 0) await operator.query('PURGE BINARY LOGS TO ?', [newest?.Log_name ?? '']);
        return older.length === 0;
      },
      { what: 'the older binary logs to go', deadlineMs: 20_000 },
    );
    await operator.end();
    expect(await refusal()).toMatchObject({ exitCode: 3, code: 'binlogs-gone' });
  });
});
