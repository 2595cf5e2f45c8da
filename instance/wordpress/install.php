<?php
/**
 * Installs WordPress in the document root that is the working directory, with WordPress's own installer. wp-config.php
 * must be there. One JSON document on standard input: { title, adminUser, adminEmail, adminPassword, locale,
 * permalinks }. Prints { "installed": true }, or false when it was installed before; nothing is changed then.
 * Sends no mail and asks nobody outside. Exit 0; or 1 with a message on standard error.
 */

declare(strict_types=1);

/** Stands in the options from before the first content until the end: an install that was cut off is done anew. */
const UNDERSTUDY_MARK = 'understudy_installing';

ini_set('display_errors', 'stderr');

function fail(string $message): never
{
    fwrite(STDERR, "install: $message\n");
    exit(1);
}

/** @return array<string, string> */
function read_request(): array
{
    $request = json_decode((string) stream_get_contents(STDIN), true);
    foreach (['title', 'adminUser', 'adminEmail', 'adminPassword', 'locale', 'permalinks'] as $name) {
        if (!is_string($request[$name] ?? null) || $request[$name] === '') {
            fail("standard input must be a JSON object with \"$name\" as text.");
        }
    }
    return $request;
}

/** Hooks that must be there before WordPress is loaded. */
function prepare_wordpress(): void
{
    $hook = static fn (callable $do, int $arguments = 0): array => [
        PHP_INT_MAX => [['function' => $do, 'accepted_args' => $arguments]],
    ];
    $GLOBALS['wp_filter'] = [
        // wp_die prints a page; here a person or a program reads standard error.
        'wp_die_handler' => $hook(static fn () => 'fail_with_page'),
        'pre_http_request' => $hook(static fn () => new WP_Error('understudy_offline', 'No requests while installing.')),
        // Before plugins and widgets: they write options as soon as they are loaded, and then nobody could tell any
        // more whose tables these are.
        'muplugins_loaded' => $hook('look_at_database'),
        'pre_wp_mail' => $hook(static fn () => true),
    ];
    define('WP_INSTALLING', true);
    // Tables without content, which an install that was cut off leaves, would make WordPress end with "needs repair"
    // while it loads. This stops it from looking; look_at_database judges what is there.
    define('WP_REPAIRING', true);
}

/** @param string|WP_Error $message HTML */
function fail_with_page($message): never
{
    $code = $message instanceof WP_Error ? (string) $message->get_error_code() : '';
    $text = $message instanceof WP_Error ? $message->get_error_message() : (string) $message;
    if ($code === 'db_connect_fail' || mysqli_connect_errno() !== 0) {
        fail('the database at ' . DB_HOST . ' cannot be reached: ' . (mysqli_connect_error() ?? 'no reason given') . '.');
    }
    fail(trim(preg_replace('/\s+/', ' ', html_entity_decode(strip_tags($text), ENT_QUOTES)) ?? ''));
}

/** @return 'none'|'unfinished'|'done' what the database holds of WordPress */
function state_of_database(): string
{
    global $wpdb;
    if ($wpdb->get_var($wpdb->prepare('SHOW TABLES LIKE %s', $wpdb->esc_like($wpdb->options))) === null) {
        return 'none';
    }
    $names = $wpdb->get_col(
        $wpdb->prepare("SELECT option_name FROM $wpdb->options WHERE option_name IN ('siteurl', %s)", UNDERSTUDY_MARK)
    );
    if (in_array(UNDERSTUDY_MARK, $names, true)) {
        return 'unfinished';
    }
    if (in_array('siteurl', $names, true)) {
        return 'done';
    }
    // Tables without a single option are what our own first step leaves when it is cut off.
    return $wpdb->get_var("SELECT 1 FROM $wpdb->options LIMIT 1") === null
        ? 'unfinished'
        : fail("the table $wpdb->options has options but no siteurl. It is not ours, and it is left alone.");
}

function look_at_database(): void
{
    $state = state_of_database();
    if ($state === 'done') {
        finish(false);
    }
    if ($state === 'unfinished') {
        drop_unfinished();
    }
}

/** The mark says that these tables are of an install of ours that was cut off: nobody has worked with them yet. */
function drop_unfinished(): void
{
    global $wpdb;
    // The one that holds the mark goes last, so that being cut off here again changes nothing.
    $tables = array_diff($wpdb->tables(), [$wpdb->options]);
    foreach ([...array_values($tables), $wpdb->options] as $table) {
        $wpdb->query("DROP TABLE IF EXISTS `$table`");
    }
}

/** @param array<string, string> $request */
function install(array $request): void
{
    global $wpdb, $wp_rewrite;
    make_db_current_silent();
    if (!$wpdb->insert($wpdb->options, ['option_name' => UNDERSTUDY_MARK, 'option_value' => '1', 'autoload' => 'no'])) {
        fail("cannot write to the database: $wpdb->last_error");
    }
    $result = wp_install(
        $request['title'],
        $request['adminUser'],
        $request['adminEmail'],
        true,
        '',
        wp_slash($request['adminPassword']),
        $request['locale'] === 'en_US' ? '' : $request['locale'],
    );
    if (!is_array($result) || empty($result['user_id']) || is_wp_error($result['user_id'])) {
        fail('WordPress did not create the administrator.');
    }
    $wp_rewrite->set_permalink_structure($request['permalinks']);
    // Rules in the database only: nginx has its own, and the files belong to the site.
    flush_rewrite_rules(false);
    $wpdb->delete($wpdb->options, ['option_name' => UNDERSTUDY_MARK]);
}

/** WordPress asks before it defines its own, which sends mail. */
function wp_new_blog_notification(): void
{
}

function finish(bool $installed): never
{
    echo json_encode(['installed' => $installed]), "\n";
    define('UNDERSTUDY_FINISHED', true);
    exit(0);
}

// Whatever ends this early (a page for database errors, a plugin that exits) must not look like success.
register_shutdown_function(static function (): void {
    if (!defined('UNDERSTUDY_FINISHED')) {
        exit(1);
    }
});

$understudy_request = read_request();
if (!is_file('wp-config.php') || !is_file('wp-settings.php')) {
    fail(getcwd() . ' is not a WordPress document root with a wp-config.php.');
}
prepare_wordpress();
require getcwd() . '/wp-config.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
install($understudy_request);
finish(true);
