import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ContentChanges } from '../../../src/content/wordpress/changes.js';
import { type ContentOptions, contentChanges } from '../../../src/content/wordpress/content-changes.js';
import { silent } from '../../../src/output/messages.js';
import { Secret } from '../../../src/output/secret.js';
import type { SqlConnection } from '../../../src/platform/databases.js';
import { connect } from '../../../src/sql/connect.js';
import type { MariaDb } from '../wordpress/mariadb.js';
import { makeFolder, runInWordPress, stageDev } from '../wordpress/stage.js';

const folder = makeFolder();
const host = '127.13.4.1';
let database: MariaDb;
let path: string;
let before: SqlConnection;
let after: SqlConnection;

beforeAll(async () => {
  ({ database, path } = await stageDev(folder.path, host));
  await database.sql(
    "CREATE USER compare@'%' IDENTIFIED BY 'x'; GRANT ALL ON *.* TO compare@'%'; CREATE DATABASE edition; SET GLOBAL innodb_flush_log_at_trx_commit = 0",
  );
  // The first request writes options of the present theme and its widgets.
  await runInWordPress(path, '');
  const open = () => connect({ host, port: 3306, user: 'compare', password: new Secret('x') });
  [before, after] = [await open(), await open()];
}, 60_000);
afterAll(async () => {
  await before?.end();
  await after?.end();
  await database?.kill();
  folder.remove();
});

/** What is in dev now is what prod serves. */
async function freeze(): Promise<void> {
  const tables = (await database.sql('SHOW TABLES FROM wp')).trim().split('\n');
  const statements = tables.map(
    (table) => `CREATE TABLE IF NOT EXISTS edition.${table} LIKE wp.${table};
      DELETE FROM edition.${table}; INSERT INTO edition.${table} SELECT * FROM wp.${table};`,
  );
  await database.sql(statements.join('\n'));
}

const changes = (options: Partial<ContentOptions> = {}): Promise<ContentChanges> =>
  contentChanges(before, after, {
    schemas: { before: 'edition', after: 'wp' },
    tablePrefix: 'wp_',
    report: silent,
    signal: new AbortController().signal,
    ...options,
  });

/** Edits dev, and says what that changed. */
async function edited(code: string): Promise<ContentChanges> {
  await runInWordPress(path, `wp_set_current_user(1); ${code}`);
  return changes();
}

describe('what was edited in WordPress', () => {
  beforeEach(freeze);

  test('nothing', async () => {
    const found = await changes();
    expect(found).toMatchObject({ tables: [], told: [], noise: 0, notTold: 0, schema: [], unkeyed: [] });
    expect(found.checksums.before).toEqual(found.checksums.after);
    expect(Object.keys(found.checksums.after)).toHaveLength(12);
  });

  test('a post that is written, with its meta, terms and revisions, is told once', async () => {
    const { told, noise, tables } = await edited(`
      $id = wp_insert_post(['post_title' => "O'Brien \\e[31m & Söhne 🎭", 'post_content' => 'x', 'post_status' => 'publish']);
      update_post_meta($id, 'colour', 'red'); update_post_meta($id, '_edit_lock', '1:1');
      wp_set_object_terms($id, [1], 'category');
      wp_update_post(['ID' => $id, 'post_content' => 'y']);`);
    expect(told).toEqual([
      {
        what: 'post',
        action: 'added',
        title: "O'Brien [31m & Söhne 🎭",
        type: 'post',
        status: 'publish',
        id: expect.any(Number),
      },
    ]);
    expect(noise).toBeGreaterThanOrEqual(2);
    expect(tables.find(({ name }) => name === 'wp_posts')).toMatchObject({ updated: 0, deleted: 0, toldAs: 'words' });
  });

  test('a post that only got another meta, or another category, changed', async () => {
    const hello = { what: 'post', action: 'changed', title: 'Hello world!', type: 'post', status: 'publish', id: 1 };
    expect((await edited("update_post_meta(1, 'colour', 'red');")).told).toEqual([hello]);
    await freeze();
    const { told } = await edited("wp_set_object_terms(1, ['News'], 'category');");
    expect(told).toEqual([
      hello,
      { what: 'term', action: 'added', title: 'News', type: 'category', id: expect.any(Number) },
    ]);
  });

  test('drafts that are published, posts in the trash and out of it', async () => {
    await runInWordPress(
      path,
      "foreach (['One' => 'draft', 'Two' => 'publish', 'Three' => 'publish', 'Four' => 'publish'] as $t => $s) { wp_insert_post(['post_title' => $t, 'post_content' => 'x', 'post_status' => $s, 'post_type' => 'page']); } wp_trash_post(get_page_by_title('Four')->ID);",
    );
    await freeze();
    const { told } = await edited(`
      wp_publish_post(get_page_by_title('One')->ID);
      wp_update_post(['ID' => get_page_by_title('Two')->ID, 'post_status' => 'draft']);
      wp_trash_post(get_page_by_title('Three')->ID);
      wp_untrash_post(get_page_by_title('Four')->ID);
      wp_insert_post(['post_title' => 'Auto Draft', 'post_status' => 'auto-draft']);`);
    expect(told.map(({ action, title, status }) => [action, title, status])).toEqual([
      ['restored', 'Four', 'draft'],
      ['published', 'One', 'publish'],
      ['trashed', 'Three', 'trash'],
      ['unpublished', 'Two', 'draft'],
    ]);
    await freeze();
    const emptied = await edited(
      "wp_delete_post(get_posts(['post_type' => 'page', 'post_status' => 'trash'])[0]->ID, true);",
    );
    expect(emptied.told).toEqual([]);
    expect(emptied.noise).toBeGreaterThan(0);
  });

  test('options by their names, without their values; transients and cron as noise', async () => {
    const found = await edited(`
      update_option('blogname', 'secret-value'); add_option('my_plugin_key', 'secret-value');
      delete_option('blogdescription'); set_transient('x', 'secret-value', 60); set_site_transient('y', 'v', 60);
      wp_schedule_single_event(time() + 99999, 'my_hook'); flush_rewrite_rules(false); update_option('rewrite_rules', 'zzz');`);
    expect(found.told).toEqual([
      { what: 'option', action: 'deleted', title: 'blogdescription' },
      { what: 'option', action: 'changed', title: 'blogname' },
      { what: 'option', action: 'added', title: 'my_plugin_key' },
    ]);
    expect(found.noise).toBeGreaterThanOrEqual(6);
    expect(JSON.stringify(found)).not.toContain('secret-value');
  });

  test('users by their logins, never with addresses or hashes; sessions as noise', async () => {
    const found = await edited(`
      $id = wp_insert_user(['user_login' => 'editor', 'user_pass' => 'hunter2', 'user_email' => 'editor@example.org', 'role' => 'editor']);
      wp_insert_user(['user_login' => 'someone@example.org', 'user_pass' => 'hunter2']);
      WP_Session_Tokens::get_instance(1)->create(time() + 999);
      update_user_meta(1, 'wp_user-settings', 'x');`);
    expect(found.told).toEqual([
      { what: 'user', action: 'added', title: 'editor', id: expect.any(Number) },
      { what: 'user', action: 'added', title: 'someone@…', id: expect.any(Number) },
    ]);
    expect(JSON.stringify(found)).not.toMatch(/example\\.org|\\$P\\$|hunter2/);
    await freeze();
    const { told, noise } = await edited(
      "WP_Session_Tokens::get_instance(1)->create(time() + 9999); wp_set_password('other', 2);",
    );
    expect(told).toMatchObject([{ what: 'user', action: 'changed', title: 'editor' }]);
    expect(noise).toBe(1);
  });

  test('a menu with its items is told as the menu', async () => {
    const item = "'menu-item-title' => 'Start', 'menu-item-url' => '/', 'menu-item-status' => 'publish'";
    const made = await edited(
      `$m = wp_create_nav_menu('Main'); wp_update_nav_menu_item($m, 0, [${item}]); wp_update_nav_menu_item($m, 0, [${item}]);`,
    );
    expect(made.told).toEqual([{ what: 'menu', action: 'added', title: 'Main' }]);
    await freeze();
    const changed = await edited(
      "$m = wp_get_nav_menu_items('Main'); update_post_meta($m[0]->ID, '_menu_item_url', '/x'); wp_delete_post($m[1]->ID, true);",
    );
    expect(changed.told).toEqual([{ what: 'menu', action: 'changed', title: 'Main' }]);
    await freeze();
    const deleted = await edited("wp_delete_nav_menu('Main');");
    expect(deleted.told.filter(({ what }) => what !== 'option')).toEqual([
      { what: 'menu', action: 'deleted', title: 'Main' },
    ]);
  });

  test('comments by the post that they stand under; spam as noise; counts follow', async () => {
    const { told, noise } = await edited(`
      $c = ['comment_post_ID' => 1, 'comment_content' => 'x', 'comment_author' => 'A', 'comment_author_email' => 'a@example.org'];
      wp_insert_comment($c + ['comment_approved' => 1]); wp_insert_comment($c + ['comment_approved' => 'spam']);
      wp_spam_comment(1);`);
    expect(told).toEqual([
      { what: 'comment', action: 'trashed', title: 'Hello world!', status: 'spam', id: 1 },
      { what: 'comment', action: 'added', title: 'Hello world!', status: 'approved', id: expect.any(Number) },
    ]);
    expect(noise).toBeGreaterThanOrEqual(1);
  });

  test("other plugins' tables by their numbers, new ones included, queues as noise", async () => {
    await runInWordPress(
      path,
      'global $wpdb; $wpdb->query("CREATE TABLE wp_shop (id INT PRIMARY KEY, v INT)"); $wpdb->query("CREATE TABLE wp_list (v INT)"); $wpdb->query("CREATE TABLE wp_actionscheduler_actions (id INT PRIMARY KEY)");',
    );
    await freeze();
    const { told, tables, schema, unkeyed, noise } = await edited(`global $wpdb;
      $wpdb->query("INSERT INTO wp_shop VALUES (1, 1), (2, 2)"); $wpdb->query("INSERT INTO wp_list VALUES (1)");
      $wpdb->query("INSERT INTO wp_actionscheduler_actions VALUES (1)");
      $wpdb->query("CREATE TABLE wp_new AS SELECT 1 AS n");`);
    expect(told).toEqual([]);
    expect(tables).toEqual([
      { name: 'wp_actionscheduler_actions', inserted: 1, updated: 0, deleted: 0, toldAs: 'noise' },
      { name: 'wp_list', inserted: 1, updated: 0, deleted: 0, toldAs: 'rows' },
      { name: 'wp_new', inserted: 1, updated: 0, deleted: 0, toldAs: 'rows' },
      { name: 'wp_shop', inserted: 2, updated: 0, deleted: 0, toldAs: 'rows' },
    ]);
    expect(schema).toEqual([{ table: 'wp_new', what: 'table', kind: 'added' }]);
    expect(unkeyed).toEqual(['wp_list']);
    expect(noise).toBe(1);
  });

  test('what is told is bounded, and what is not told is counted', async () => {
    await runInWordPress(path, 'for ($i = 0; $i < 30; $i++) { update_option("my_option_$i", \'x\'); }');
    const found = await changes({ most: 10, rowsPerTable: 20 });
    expect(found.told).toHaveLength(10);
    expect([found.notTold, found.rowsNotRead]).toEqual([10, 10]);
    expect((await changes({ most: Number.POSITIVE_INFINITY })).told).toHaveLength(30);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });
});
