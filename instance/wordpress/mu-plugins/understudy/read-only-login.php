<?php
/**
 * Nobody is logged in to prod: a session is a write, and so is everything behind it. nginx answers these addresses
 * first; this is what holds when a request comes another way.
 */

defined('ABSPATH') || exit;

add_filter('determine_current_user', '__return_zero', PHP_INT_MAX);
add_filter('wp_is_application_passwords_available', '__return_false', PHP_INT_MAX);
add_filter('authenticate', static fn () => new WP_Error('understudy_read_only', UNDERSTUDY_READ_ONLY), PHP_INT_MAX);
add_filter('allow_password_reset', '__return_false', PHP_INT_MAX);
add_filter('show_admin_bar', '__return_false', PHP_INT_MAX);
// Text, as the database would have it; false means "not overlaid" to WordPress.
add_filter('pre_option_users_can_register', static fn () => '0', PHP_INT_MAX);

add_action('login_init', static function (): void {
    // The form of a password-protected post: it sets a cookie and needs neither a user nor a write.
    if (($_REQUEST['action'] ?? '') !== 'postpass') {
        understudy_refuse();
    }
}, 0);

add_action('admin_init', static function (): void {
    // Front ends read through admin-ajax.php; what would write there is dropped by the database layer.
    if (!wp_doing_ajax()) {
        understudy_refuse();
    }
}, 0);
