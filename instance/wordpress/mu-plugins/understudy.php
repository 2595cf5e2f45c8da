<?php
/**
 * Plugin Name: Understudy
 * Description: Makes WordPress know which environment it runs in. Part of the platform; changes made here are lost.
 */

defined('ABSPATH') || exit;

// A wp-config.php of somebody else's: nothing is known about the environment, so nothing is changed.
if (!defined('UNDERSTUDY_ENVIRONMENT')) {
    return;
}

require_once __DIR__ . '/understudy/options.php';
require_once __DIR__ . '/understudy/mail.php';
require_once __DIR__ . '/understudy/self-requests.php';
if (UNDERSTUDY_ENVIRONMENT === 'prod') {
    require_once __DIR__ . '/understudy/read-only.php';
    require_once __DIR__ . '/understudy/read-only-login.php';
    require_once __DIR__ . '/understudy/prod-addresses.php';
} else {
    require_once __DIR__ . '/understudy/dev.php';
    require_once __DIR__ . '/understudy/writes-once.php';
}
