<?php
/**
 * Prod's database, for WordPress: the replicas of the edition, one after the other, read only.
 * wp-content/db.php; WordPress loads it in place of making a plain wpdb.
 */

defined('ABSPATH') || exit;

require_once __DIR__ . '/understudy/unavailable.php';
require_once __DIR__ . '/understudy/edition-servers.php';
require_once __DIR__ . '/understudy/statement.php';
require_once __DIR__ . '/understudy/read-only-wpdb.php';

if (!defined('UNDERSTUDY_EDITION')) {
    understudy_unavailable('there is no usable edition.php beside wp-config.php');
}

$wpdb = new Understudy_Read_Only_Wpdb(
    DB_USER,
    DB_PASSWORD,
    DB_NAME,
    new Understudy_Edition_Servers(UNDERSTUDY_EDITION),
);
