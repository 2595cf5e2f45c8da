<?php
/**
 * A write whose answer was lost is not sent again.
 *
 * WordPress repeats a statement when its connection is gone. When the primary is lost, the write may have reached the
 * standby although nobody was told; repeated on the new primary, it is there twice. So only statements that read may be
 * repeated: the request fails instead, and whoever made it looks before he tries again.
 */

defined('ABSPATH') || exit;

add_filter('query', static function ($query) {
    global $wpdb;
    static $usual = null;
    // wpdb passes on what is set to its protected properties; one that is not WordPress's own may not have it.
    $usual ??= isset($wpdb->reconnect_retries) ? (int) $wpdb->reconnect_retries : 0;
    if ($usual > 0) {
        $reads = preg_match('/^[\s(]*(?:select|show|describe|desc|explain|set)\b/i', (string) $query) === 1;
        $wpdb->reconnect_retries = $reads ? $usual : 0;
    }
    return $query;
}, PHP_INT_MAX);
