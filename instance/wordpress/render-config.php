<?php
/**
 * Writes a wp-config.php. One JSON document on standard input (README.md has its shape), the file on standard output.
 * Secrets come in on standard input only: argv is readable for everybody on the machine.
 * Exit 0; or 1 with a message on standard error and nothing on standard output.
 */

declare(strict_types=1);

ini_set('display_errors', 'stderr');

/** Constants that this file decides. A definition that names one is refused: silently losing would be worse. */
const OWNED = [
    'ABSPATH', 'DB_HOST', 'DB_NAME', 'DB_PASSWORD', 'DB_USER', 'DISABLE_WP_CRON', 'MULTISITE', 'WP_ALLOW_MULTISITE',
    'WP_ENVIRONMENT_TYPE', 'WP_HOME', 'WP_INSTALLING', 'WP_SITEURL',
    'UNDERSTUDY_EDITION', 'UNDERSTUDY_ENVIRONMENT', 'UNDERSTUDY_OPTIONS', 'UNDERSTUDY_OTHER_URLS', 'UNDERSTUDY_SMTP',
];

/** What prod decides beside these: its code is a release that nobody edits, and its errors are not for visitors. */
const OWNED_IN_PROD = [
    'DISALLOW_FILE_EDIT', 'DISALLOW_FILE_MODS', 'WP_ALLOW_REPAIR', 'WP_DEBUG', 'WP_DEBUG_DISPLAY',
];

const SALTS = [
    'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY',
    'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT',
];

function refuse(string $message): never
{
    fwrite(STDERR, "render-config: $message\n");
    exit(1);
}

/** @return array<string, mixed> */
function read_document(): array
{
    try {
        $document = json_decode((string) stream_get_contents(STDIN), true, 64, JSON_THROW_ON_ERROR);
    } catch (JsonException $error) {
        refuse("standard input is not JSON: {$error->getMessage()}.");
    }
    return is_array($document) ? $document : refuse('standard input must be a JSON object.');
}

/** @param array<string, mixed> $from */
function text(array $from, string $key, string $pattern = '/^./s', string $where = ''): string
{
    $value = $from[$key] ?? null;
    if (is_string($value) && preg_match($pattern, $value) === 1) {
        return $value;
    }
    // The value of a key that holds a secret is not shown.
    $shown = in_array($key, ['password', ...SALTS], true) ? '' : ', not ' . json_encode($value);
    refuse("$where$key must be text of the form $pattern$shown.");
}

/** @param array<string, mixed> $from */
function table(array $from, string $key): array
{
    $value = $from[$key] ?? [];
    return is_array($value) ? $value : refuse("$key must be an object or a list.");
}

/** Scheme and authority, nothing behind: WordPress at a path below a domain is not one of our sites. */
function site_url(mixed $url, string $where): string
{
    if (is_string($url) && preg_match('~^https?://[a-z0-9.-]+(:\d{1,5})?/?$~i', $url) === 1) {
        return rtrim($url, '/');
    }
    refuse("$where must be like https://www.example.com or https://demo.localhost:8443, not " . json_encode($url) . '.');
}

/**
 * The constants that the definition adds. Names are checked, values go through var_export: whatever they contain,
 * they stay values.
 * @return array<string, mixed>
 */
function own_constants(array $document, string $environment): array
{
    $owned = [...OWNED, ...SALTS, ...($environment === 'prod' ? OWNED_IN_PROD : [])];
    $constants = table($document, 'constants');
    foreach (array_keys($constants) as $name) {
        if (!is_string($name) || preg_match('/^[A-Za-z_][A-Za-z0-9_]*$/', $name) !== 1) {
            refuse('constants: ' . json_encode($name) . ' cannot be the name of a constant.');
        }
        if (in_array(strtoupper($name), $owned, true)) {
            refuse("constants: $name is set by Understudy for $environment and cannot be changed. Remove it.");
        }
    }
    return $constants;
}

/** @return array<string, mixed> */
function environment_options(array $document, string $environment): array
{
    $options = table($document, 'options');
    foreach (['home', 'siteurl'] as $name) {
        if (array_key_exists($name, $options)) {
            refuse("options: $name follows from the environment's domain and cannot be changed. Remove it.");
        }
    }
    // Search engines must not find dev, unless somebody decides so.
    return $environment === 'dev' ? $options + ['blog_public' => 0] : $options;
}

/**
 * What each environment decides: first what the definition cannot change, then the defaults that it can.
 * @return array{array<string, mixed>, array<string, mixed>}
 */
function environment_constants(string $environment): array
{
    return $environment === 'prod'
        ? [
            [
                'DISALLOW_FILE_EDIT' => true,
                'DISALLOW_FILE_MODS' => true,
                'WP_DEBUG' => false,
                'WP_DEBUG_DISPLAY' => false,
            ],
            [],
        ]
        : [
            [],
            // People edit dev while a background update would change what they are about to promote.
            ['AUTOMATIC_UPDATER_DISABLED' => true, 'FS_METHOD' => 'direct', 'WP_DEBUG' => false],
        ];
}

/** @return array<string, mixed> every constant of the file, in order */
function all_constants(array $document, string $environment, string $url): array
{
    $database = table($document, 'database');
    $constants = [
        'DB_NAME' => text($database, 'name', where: 'database.'),
        'DB_USER' => text($database, 'user', where: 'database.'),
        'DB_PASSWORD' => text($database, 'password', '/^.*$/s', 'database.'),
        'DB_HOST' => text($database, 'host', where: 'database.'),
    ];
    $salts = table($document, 'salts');
    foreach (SALTS as $name) {
        $constants[$name] = text($salts, $name, '/^.{32,}$/s', 'salts.');
    }
    [$fixed, $defaults] = environment_constants($environment);
    $constants += [
        'WP_HOME' => $url,
        'WP_SITEURL' => $url,
        'WP_ENVIRONMENT_TYPE' => $environment === 'prod' ? 'production' : 'development',
        'DISABLE_WP_CRON' => true,
        'UNDERSTUDY_ENVIRONMENT' => $environment,
        'UNDERSTUDY_OPTIONS' => environment_options($document, $environment),
    ] + $fixed;
    if ($environment === 'prod') {
        $constants['UNDERSTUDY_OTHER_URLS'] = array_map(
            static fn (mixed $other): string => site_url($other, 'otherUrls'),
            array_values(table($document, 'otherUrls')),
        );
    }
    $smtp = table($document, 'smtp');
    if ($smtp !== []) {
        $port = is_int($smtp['port'] ?? null) ? $smtp['port'] : refuse('smtp.port must be a number.');
        $constants['UNDERSTUDY_SMTP'] = ['host' => text($smtp, 'host', where: 'smtp.'), 'port' => $port];
    }
    return $constants + own_constants($document, $environment) + $defaults
        + ['DB_CHARSET' => 'utf8mb4', 'DB_COLLATE' => ''];
}

/** @param array<string, mixed> $constants */
function define_lines(array $constants): string
{
    $lines = '';
    foreach ($constants as $name => $value) {
        $lines .= "define('$name', " . var_export($value, true) . ");\n";
    }
    return $lines;
}

/**
 * The balancer ends TLS and sends visitors to https, so the site's own address is the only truth about scheme and
 * host here. With what a request claims instead, a header that is lost on the way makes WordPress redirect for ever.
 */
function address_lines(string $url): string
{
    $authority = var_export(preg_replace('~^https?://~i', '', $url), true);
    $https = stripos($url, 'https://') === 0 ? "\$_SERVER['HTTPS'] = 'on';" : "unset(\$_SERVER['HTTPS']);";
    return <<<PHP

        // TLS ends at the balancer: scheme and host are those of the site's address, whatever a request says.
        $https
        \$_SERVER['HTTP_HOST'] = $authority;

        PHP;
}

/** A configuration without an edition serves nothing (503 by db.php) rather than content of an unknown position. */
function edition_lines(): string
{
    return <<<'PHP'

        // WordPress itself sets this later; until then deprecations of older versions would fill prod's log.
        error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED & ~E_NOTICE & ~E_USER_NOTICE);
        ini_set('display_errors', '0');

        // What this directory serves, beside this file: release, position, and the replicas that may answer for it.
        (static function (): void {
            $file = __DIR__ . '/edition.php';
            $edition = is_file($file) ? require $file : null;
            if (is_array($edition) && isset($edition['id']) && is_array($edition['replicas'] ?? null)) {
                define('UNDERSTUDY_EDITION', $edition);
            }
        })();

        PHP;
}

$document = read_document();
$environment = text($document, 'environment', '/^(dev|prod)$/');
$url = site_url($document['url'] ?? null, 'url');
$prefix = text($document, 'tablePrefix', '/^[A-Za-z0-9_]+$/');
$constants = define_lines(all_constants($document, $environment, $url));

echo "<?php\n// Written by Understudy for $environment. It is not promoted, and changes made here are lost.\n\n",
    $constants,
    "\n\$table_prefix = ", var_export($prefix, true), ";\n",
    address_lines($url),
    $environment === 'prod' ? edition_lines() : '',
    "\ndefined('ABSPATH') || define('ABSPATH', __DIR__ . '/');\nrequire_once ABSPATH . 'wp-settings.php';\n";
