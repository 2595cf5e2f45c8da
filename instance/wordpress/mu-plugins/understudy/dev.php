<?php
/** Dev says that it is dev: to search engines, and to the people who work in it. */

defined('ABSPATH') || exit;

if (PHP_SAPI !== 'cli' && !headers_sent()) {
    // On every answer, feeds, REST and the login page included; robots.txt alone keeps nothing out of an index.
    header('X-Robots-Tag: noindex, nofollow');
}

add_action('admin_bar_menu', static function ($bar): void {
    $bar->add_node([
        'id' => 'understudy',
        'title' => '<span style="background:#b26200;color:#fff;padding:2px 8px;border-radius:3px">DEV</span>',
        'meta' => ['title' => 'This is dev. Visitors of prod see a change after the next promotion.'],
    ]);
}, 1);
