<?php
/**
 * Dev's addresses, which the database is full of, become prod's in everything that leaves prod: bodies and headers.
 * On the way out rather than in the database: prod's database is an exact copy of dev's.
 */

defined('ABSPATH') || exit;

require_once __DIR__ . '/address-rewriter.php';
require_once __DIR__ . '/rewriting-buffer.php';

(static function (): void {
    $rewriter = new Understudy_Address_Rewriter(WP_HOME, UNDERSTUDY_OTHER_URLS);
    if (PHP_SAPI === 'cli' || $rewriter->has_nothing_to_do()) {
        return;
    }
    ob_start(new Understudy_Rewriting_Buffer($rewriter), Understudy_Rewriting_Buffer::BYTES);

    // Redirects to dev's address are redirects within this site; wp_safe_redirect would send them to wp-admin.
    add_filter('allowed_redirect_hosts', static fn ($hosts) => [...(array) $hosts, ...$rewriter->other_hosts()]);
    add_filter('wp_redirect', static fn ($location) => $rewriter->rewrite((string) $location), PHP_INT_MAX);

    header_register_callback(static function () use ($rewriter): void {
        $lines = headers_list();
        foreach (understudy_changed_headers($lines, $rewriter) as $name) {
            header_remove($name);
            foreach ($lines as $line) {
                if (strcasecmp(strstr($line, ':', true), $name) === 0) {
                    // The status stays: a Location header would set it to 302.
                    header($rewriter->rewrite($line), false, http_response_code());
                }
            }
        }
    });
})();

/**
 * @param list<string> $lines
 * @return list<string> names of headers of which a value contains one of dev's addresses
 */
function understudy_changed_headers(array $lines, Understudy_Address_Rewriter $rewriter): array
{
    $changed = array_filter($lines, static fn ($line) => $rewriter->rewrite($line) !== $line);
    return array_values(array_unique(array_map(static fn ($line) => strtolower(strstr($line, ':', true)), $changed)));
}
