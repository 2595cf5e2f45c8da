<?php
/** Prod is read-only: what WordPress offers that would need a write is not offered, or answered with a reason. */

defined('ABSPATH') || exit;

const UNDERSTUDY_READ_ONLY = 'This site is read-only. Changes are made in its development environment and promoted.';

/** Ends a request that would write: 403, not to be stored. wp_die would answer XML-RPC with nothing and 200. */
function understudy_refuse(): never
{
    http_response_code(403);
    header('Content-Type: text/html; charset=utf-8');
    header('Cache-Control: no-store');
    echo '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="robots" content="noindex">',
        '<meta name="viewport" content="width=device-width"><title>Read-only</title>',
        '<body style="font:1.1em/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em">',
        '<h1>Read-only</h1><p>', UNDERSTUDY_READ_ONLY, '</p>';
    exit;
}

// Comments and pings, whatever each post says; themes then show no form, and wp-comments-post.php answers 403.
foreach (['comments_open', 'pings_open'] as $understudy_hook) {
    add_filter($understudy_hook, '__return_false', PHP_INT_MAX);
}

// A post that cannot be stored: WordPress gives up here, before it works on with a post that is not there.
add_filter('wp_insert_post_empty_content', '__return_true', PHP_INT_MAX);

// REST: reading only, batches included.
add_filter('rest_pre_dispatch', static function ($result, $server, $request) {
    if (in_array($request->get_method(), ['GET', 'HEAD', 'OPTIONS'], true)) {
        return $result;
    }
    return new WP_Error('understudy_read_only', UNDERSTUDY_READ_ONLY, ['status' => 403]);
}, PHP_INT_MAX, 3);

// XML-RPC, with the places that announce it.
add_filter('xmlrpc_enabled', '__return_false', PHP_INT_MAX);
add_filter('xmlrpc_methods', '__return_empty_array', PHP_INT_MAX);
add_filter('wp_headers', static function ($headers) {
    unset($headers['X-Pingback']);
    return $headers;
}, PHP_INT_MAX);
remove_action('wp_head', 'rsd_link');
add_filter('enable_post_by_email_configuration', '__return_false', PHP_INT_MAX);

// Events belong to dev's one runner. Plugins that schedule on every request would otherwise write on every request.
foreach (['pre_schedule_event', 'pre_reschedule_event', 'pre_unschedule_event'] as $understudy_hook) {
    add_filter($understudy_hook, '__return_true', PHP_INT_MAX);
}
foreach (['pre_clear_scheduled_hook', 'pre_unschedule_hook'] as $understudy_hook) {
    add_filter($understudy_hook, '__return_zero', PHP_INT_MAX);
}
unset($understudy_hook);

add_action('init', static function (): void {
    if (PHP_SAPI !== 'cli' && (defined('XMLRPC_REQUEST') || defined('DOING_CRON') || wp_installing())) {
        understudy_refuse();
    }
}, 0);
