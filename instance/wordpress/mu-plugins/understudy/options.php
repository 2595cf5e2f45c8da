<?php
/**
 * Options that the environment owns, whatever the database says: payment modes, keys, visibility.
 * The database keeps its own values; they are neither read nor written here.
 */

defined('ABSPATH') || exit;

foreach (UNDERSTUDY_OPTIONS as $understudy_name => $understudy_value) {
    // Scalars as the database gives them. False would mean "not overlaid" to WordPress.
    if (is_scalar($understudy_value)) {
        $understudy_value = is_bool($understudy_value) ? ($understudy_value ? '1' : '0') : (string) $understudy_value;
    }
    add_filter("pre_option_$understudy_name", static fn () => $understudy_value, PHP_INT_MAX);
}
unset($understudy_name, $understudy_value);

// Whoever edits settings in dev should know which of them will not follow.
add_action('admin_notices', static function (): void {
    $screen = function_exists('get_current_screen') ? get_current_screen() : null;
    if (UNDERSTUDY_OPTIONS !== [] && $screen !== null && str_starts_with((string) $screen->base, 'options')) {
        printf(
            '<div class="notice notice-info"><p>%s <code>%s</code></p></div>',
            'Set by the site&#8217;s definition for this environment, whatever is saved here:',
            esc_html(implode(', ', array_keys(UNDERSTUDY_OPTIONS)))
        );
    }
});
