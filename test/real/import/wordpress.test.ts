import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { makeOldSite, type OldSite, oldUrl } from './old-site.js';

describe('importing a WordPress site', () => {
  let site: TestPlatform;
  let old: OldSite;
  let imported: {
    outcome: string;
    findings: { code: string; text: string }[];
    kept: { keptFolder: string; keptSchema: string };
    dev: unknown;
    addresses: { mentions: { table: string; column: string }[]; columns: { left: object }[] };
  };

  beforeAll(async () => {
    site = await startPlatform();
    old = await makeOldSite(site);
    // What is in dev now is not what is brought.
    await site.devPhp(
      'require \'wp-load.php\'; global $wpdb; $wpdb->query("DROP VIEW {$wpdb->prefix}published"); $wpdb->query("TRUNCATE $wpdb->posts"); unlink(WP_CONTENT_DIR . \'/uploads/a.png\');',
    );
  });
  afterAll(() => site?.destroy());

  const php = (code: string) => site.devPhp(`require 'wp-load.php'; global $wpdb; ${code}`);
  const sources = () => ['--files', old.files, '--database', old.dump];

  it('is only looked at with --report', async () => {
    const { exitCode, stdout, stderr } = await site.cli(['import', ...sources(), '--report', '--json']);
    expect(exitCode, stderr).toBe(0);
    const codes = (JSON.parse(stdout).findings as { code: string }[]).map(({ code }) => code);
    expect(codes).toEqual(
      expect.arrayContaining([
        'versions',
        'plugin-needs-writable-prod',
        'paths-of-another-disk',
        'engines',
        'tables-without-key',
        'sizes',
      ]),
    );
    expect(await php('echo $wpdb->get_var("SELECT COUNT(*) FROM $wpdb->posts");')).toBe('0');
  });

  it.each([
    ['another prefix', ['shop7_'], 'prefix-differs', 'shop7_'],
    ['two other prefixes', ['a_', 'b_'], 'prefix-differs', 'a_, b_'],
    ['no tables of WordPress', [], 'prefix-unknown', 'no tables'],
    ['a multisite', ['wp_', 'wp_2_'], 'multisite', 'multisite'],
  ])('of a dump with %s is refused, and leaves dev as it was', async (_, prefixes, code, said) => {
    const names = prefixes.flatMap((prefix) => [`${prefix}options`, `${prefix}posts`]);
    if (code === 'multisite') names.push('wp_blogs', 'wp_sitemeta');
    const dump = join(site.dir, 'other.sql');
    const tables = [...names, 'other'].map((name) => `CREATE TABLE ${name} (option_id INT PRIMARY KEY);`);
    await writeFile(dump, tables.join('\n'));
    const { exitCode, stdout } = await site.cli([
      'import',
      '--files',
      old.files,
      '--database',
      dump,
      '--yes',
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'undone',
      error: { code, message: expect.stringContaining(said) },
    });
    expect(exitCode).toBe(3);
    expect(await php('echo $wpdb->get_var("SELECT COUNT(*) FROM $wpdb->posts");')).toBe('0');
    expect(existsSync(paths.incomingFiles(site.layout))).toBe(false);
  });

  it('of files whose wp-config.php has another prefix is named by --report, and refused', async () => {
    const config = join(old.files, 'wp-config.php');
    const before = await readFile(config, 'utf8');
    await writeFile(config, before.replace(/\$table_prefix\s*=\s*'wp_'/, "$table_prefix = 'shop7_'"));
    try {
      const reported = await site.cli(['import', ...sources(), '--report', '--json']);
      expect((JSON.parse(reported.stdout).findings as { code: string }[]).map(({ code }) => code)).toContain(
        'prefix-differs',
      );
      const refused = await site.cli(['import', ...sources(), '--yes', '--json']);
      expect([refused.exitCode, JSON.parse(refused.stdout).error.code]).toEqual([3, 'prefix-differs']);
    } finally {
      await writeFile(config, before);
    }
  });

  it('asks before it replaces what is there', async () => {
    expect((await site.cli(['import', ...sources()])).exitCode).toBe(3);
  });

  it('shows the site in dev, with its address and none of the old ones', async () => {
    const { exitCode, stdout, stderr } = await site.cli(['import', ...sources(), '--yes', '--json']);
    expect(exitCode, stderr).toBe(0);
    imported = JSON.parse(stdout);
    expect(imported).toMatchObject({ outcome: 'imported', dev: { home: { status: 200 }, failedViews: [] } });
    const dev = site.up.urls.dev;
    expect(await php("echo get_option('widget_text')[2]['text'];")).toBe(`See ${dev}/widget ü`);
    expect(await php("echo get_theme_mod('header_image');")).toBe(`${dev}/header.png`);
    const meta = JSON.parse(
      await php(
        "$p = get_posts(['title' => 'Old 10', 'numberposts' => 1])[0]; $b = get_post_meta($p->ID, 'builder', true); echo json_encode([$b['url'], unserialize($b['nested'])['x'], $b['o']->u, unserialize(json_decode(get_post_meta($p->ID, 'json', true), true)['s'])[0], $p->post_content]);",
      ),
    );
    expect(meta.slice(0, 4)).toEqual([`${dev}/é`, `${dev}/in`, `${dev}/o`, `${dev}/s`]);
    expect(meta[4]).toContain(`"url":"${dev}/wp-content/uploads/a.png"`);
    expect(meta[4]).toContain(encodeURIComponent(`${dev}/p/10`));
    expect(meta[4]).toContain('mail@old-shop.example');
    expect(
      await php(
        "echo $wpdb->get_var(\"SELECT a FROM {$wpdb->prefix}legacy\"), '|', $wpdb->get_var(\"SELECT COUNT(*) FROM {$wpdb->prefix}published\") > 999 ? 'view' : 'no';",
      ),
    ).toBe('Grüße|view');
    expect(await readFile(join(paths.devRoot(site.layout), 'wp-content/uploads/a.png'), 'utf8')).toBe('a picture');
    expect(existsSync(join(paths.devRoot(site.layout), 'only-in-the-old-dev.txt'))).toBe(false);
  });

  it('says what was found, what was left, and what is kept', async () => {
    expect(imported.findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining([
        'engines',
        'latin1-declared-utf8',
        'plugin-needs-writable-prod',
        'paths-of-another-disk',
        'tables-without-key',
      ]),
    );
    expect(imported.addresses.columns.map(({ left }) => left)).toContainEqual({ 'broken-serialised': 1 });
    expect(
      await php('echo $wpdb->get_var("SELECT option_value FROM $wpdb->options WHERE option_name = \'broken_one\'");'),
    ).toBe(`a:1:{s:1:"u";s:99:"${oldUrl}";}`);
    expect(imported.addresses.mentions.map(({ table, column }) => `${table}.${column}`)).toEqual(
      expect.arrayContaining(['wp_options.option_value', 'wp_posts.post_content']),
    );
    expect(existsSync(join(imported.kept.keptFolder, 'only-in-the-old-dev.txt'))).toBe(true);
  });

  it('is promoted, and prod shows it with its own address', async () => {
    await php("update_option('active_plugins', []);");
    const { exitCode, stderr } = await site.cli(['promote', '--yes', '--json']);
    expect(exitCode, stderr).toBe(0);
    const pages = await Promise.all(['/', '/?feed=rss2', '/wp-json/wp/v2/posts'].map((path) => site.fetchProd(path)));
    for (const page of pages) {
      expect(page.status).toBe(200);
      expect(page.body.replaceAll('mail@old-shop.example', '')).not.toMatch(/old-shop\.example/);
      expect(page.body).not.toContain(new URL(site.up.urls.dev).host);
    }
    expect(pages[0]?.body).toContain(new URL(site.up.urls.prod).host);
  });

  it('has another address replaced in its content, previewed first', async () => {
    const replace = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await site.cli([
        'content',
        'replace',
        'https://share.example',
        'https://shared.example',
        '--json',
        ...args,
      ]);
      expect(exitCode, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    const count = () =>
      php(
        'echo $wpdb->get_var("SELECT COUNT(*) FROM $wpdb->posts WHERE post_content LIKE \'%https://shared.example/?u=%\'");',
      );
    const planned = await replace('--plan');
    expect(planned).toMatchObject({
      outcome: 'planned',
      columns: [{ table: 'wp_posts', column: 'post_content', values: 1_000 }],
    });
    expect(planned.columns[0].examples[0].after).toContain('https://shared.example');
    expect(await count()).toBe('0');
    expect(await replace('--yes')).toMatchObject({ outcome: 'replaced', mentions: [] });
    expect(await count()).toBe('1000');
  });
});
