import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../../src/local/layout.js';
import { run } from '../../../src/process/run.js';
import type { TestPlatform } from '../../helpers/platform.js';

export const oldUrl = 'https://www.old-shop.example';

/** A site as somebody brings it: its files, and its dump. */
export interface OldSite {
  readonly files: string;
  readonly dump: string;
}

/**
 * Makes a WordPress site with posts, blocks, widgets, a menu, theme mods and uploads whose addresses are `oldUrl`, and
 * dumps it with mariadb-dump, from dev of a platform. Dev is as it was before it afterwards, but for its content.
 */
export async function makeOldSite(it: TestPlatform, { posts = 1_000 } = {}): Promise<OldSite> {
  const folder = join(it.dir, 'old-site');
  await mkdir(folder, { recursive: true });
  await it.devPhp(fill(posts));
  const socket = join(it.layout.runtimeDir, 'databases', 'db-1.sock');
  const dump = join(folder, 'dump.sql');
  await run('mariadb-dump', ['--no-defaults', '-uroot', `--socket=${socket}`, `--result-file=${dump}`, 'tested'], {
    deadlineMs: 120_000,
  });
  const files = join(folder, 'htdocs');
  await run('cp', ['-a', paths.devRoot(it.layout), files]);
  await rm(join(files, 'wp-content/mu-plugins'), { recursive: true, force: true });
  await writeFile(join(files, 'wp-content/object-cache.php'), '<?php exit(1); // of another server');
  await it.writeDevFile('only-in-the-old-dev.txt', 'x');
  return { files, dump };
}

const fill = (posts: number) => `
require 'wp-load.php';
global $wpdb;
wp_suspend_cache_invalidation(true);
wp_defer_term_counting(true);
// One commit, and not one for each statement.
$wpdb->query('START TRANSACTION');
$old = '${oldUrl}';
for ($i = 0; $i < ${posts}; $i++) {
  $id = wp_insert_post(['post_title' => "Old $i", 'post_status' => 'publish', 'guid' => "$old/?p=$i", 'post_content' => wp_slash(
    '<!-- wp:image {"id":' . $i . ',"url":"' . $old . '/wp-content/uploads/a.png","link":"http:\\\\/\\\\/old-shop.example\\\\/x"} --><img src="//www.old-shop.example/wp-content/uploads/a.png" alt="ü"/><!-- /wp:image -->'
    . '<a href="https://share.example/?u=' . rawurlencode("$old/p/$i") . '">share</a> mail@old-shop.example')]);
  if ($i % 10 == 0) {
    add_post_meta($id, 'builder', ['url' => "$old/é", 'nested' => serialize(['x' => "$old/in"]), 'o' => (object) ['u' => "$old/o"]]);
    add_post_meta($id, 'json', wp_slash(json_encode(['u' => "$old/j", 's' => serialize(["$old/s"])])));
  }
}
$wpdb->query('COMMIT');
update_option('widget_text', [2 => ['title' => 'T', 'text' => "See $old/widget ü"], '_multiwidget' => 1]);
update_option('sidebars_widgets', ['wp_inactive_widgets' => [], 'sidebar-1' => ['text-2'], 'array_version' => 3]);
set_theme_mod('header_image', "$old/header.png");
$menu = wp_create_nav_menu('Main');
wp_update_nav_menu_item($menu, 0, ['menu-item-title' => 'Home', 'menu-item-url' => "$old/", 'menu-item-status' => 'publish', 'menu-item-type' => 'custom']);
update_option('broken_one', 'x');
$wpdb->update($wpdb->options, ['option_value' => 'a:1:{s:1:"u";s:99:"' . $old . '";}'], ['option_name' => 'broken_one']);
update_option('active_plugins', ['woocommerce/woocommerce.php']);
update_option('upload_path', '/home/old/htdocs/wp-content/uploads-path');
$wpdb->query("CREATE TABLE {$wpdb->prefix}legacy (a varchar(200), b text) ENGINE=MyISAM DEFAULT CHARSET=latin1");
$wpdb->query("INSERT INTO {$wpdb->prefix}legacy VALUES (CONVERT(CAST('Gr\\xc3\\xbc\\xc3\\x9fe' AS BINARY) USING latin1), '$old')");
$wpdb->query("CREATE TABLE {$wpdb->prefix}parent (id int PRIMARY KEY) ENGINE=InnoDB");
$wpdb->query("CREATE TABLE {$wpdb->prefix}child (id int PRIMARY KEY, p int, CONSTRAINT fk FOREIGN KEY (p) REFERENCES {$wpdb->prefix}parent (id)) ENGINE=InnoDB");
$wpdb->query("INSERT INTO {$wpdb->prefix}parent VALUES (1)");
$wpdb->query("INSERT INTO {$wpdb->prefix}child VALUES (1, 1)");
wp_mkdir_p(WP_CONTENT_DIR . '/uploads');
file_put_contents(WP_CONTENT_DIR . '/uploads/a.png', 'a picture');
$wpdb->query("UPDATE $wpdb->options SET option_value = '$old' WHERE option_name IN ('home', 'siteurl')");
$wpdb->query("CREATE VIEW {$wpdb->prefix}published AS SELECT ID FROM $wpdb->posts WHERE post_status = 'publish'");
`;
