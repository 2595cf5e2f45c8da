<?php
/**
 * WordPress's requests to itself (site health, REST loopback, cron) go to this very instance: the site's name may not
 * resolve on the server, and through the balancer the answer would come from another instance.
 * Requests to anybody else are left alone.
 */

defined('ABSPATH') || exit;

/** Where this instance listens, such as http://10.0.1.7:8080; null where nobody knows (the command line). */
function understudy_origin(): ?string
{
    $origin = defined('UNDERSTUDY_ORIGIN') ? UNDERSTUDY_ORIGIN : $_SERVER['UNDERSTUDY_ORIGIN'] ?? null;
    $origin ??= getenv('UNDERSTUDY_ORIGIN');
    if (is_string($origin) && $origin !== '') {
        return rtrim($origin, '/');
    }
    $address = (string) ($_SERVER['SERVER_ADDR'] ?? '');
    $port = (string) ($_SERVER['SERVER_PORT'] ?? '');
    if ($address === '' || $port === '') {
        return null;
    }
    return 'http://' . (str_contains($address, ':') ? "[$address]" : $address) . ":$port";
}

/** @return string|null the path and query, if the address is one of this site's own */
function understudy_own_path(string $url): ?string
{
    $own = [WP_HOME, ...(defined('UNDERSTUDY_OTHER_URLS') ? UNDERSTUDY_OTHER_URLS : [])];
    foreach ($own as $address) {
        $authority = preg_quote((string) preg_replace('~^https?://~i', '', $address), '~');
        if (preg_match("~^https?://{$authority}(?=[/?#]|$)(.*)$~is", $url, $match) === 1) {
            return $match[1];
        }
    }
    return null;
}

/** The names of headers do not care about case. */
function understudy_without_header(array $headers, string $name): array
{
    return array_filter($headers, static fn ($key) => strcasecmp((string) $key, $name) !== 0, ARRAY_FILTER_USE_KEY);
}

/*
 * Here rather than earlier: every redirect passes through this hook again, and WordPress has judged the address that
 * was asked for, not ours (safe requests refuse private addresses, and external ones may be blocked).
 */
add_action('requests-requests.before_request', static function (&$url, &$headers): void {
    $origin = understudy_origin();
    $headers = is_array($headers) ? $headers : [];
    $host = (string) preg_replace('~^https?://~i', '', WP_HOME);
    $path = $origin === null ? null : understudy_own_path((string) $url);
    if ($path !== null) {
        $url = $origin . $path;
        $headers = understudy_without_header(understudy_without_header($headers, 'Host'), 'X-Forwarded-Proto');
        $headers['Host'] = $host;
        $headers['X-Forwarded-Proto'] = (string) parse_url(WP_HOME, PHP_URL_SCHEME);
    } elseif (($headers['Host'] ?? '') === $host && ($origin === null || !str_starts_with((string) $url, "$origin/"))) {
        // Redirected from here to somebody else: they must not get our headers.
        unset($headers['Host'], $headers['X-Forwarded-Proto']);
    }
}, 10, 2);
