<?php
/**
 * Puts together what ../wordpress/render-config.php reads. Secrets come in on standard input:
 * { "database": { "username", "password" }, "salts": { "seed" }, "settings": { "constants", "options" } };
 * what is not secret comes in the environment.
 */

declare(strict_types=1);

ini_set('display_errors', 'stderr');

$secrets = json_decode((string) stream_get_contents(STDIN), true, 64, JSON_THROW_ON_ERROR);
$seed = $secrets['salts']['seed'];

$salts = [];
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    foreach (['KEY', 'SALT'] as $kind) {
        // One seed, eight values that tell nothing of each other.
        $salts["{$name}_$kind"] = hash_hmac('sha256', "{$name}_$kind", $seed);
    }
}

$environment = getenv('ENVIRONMENT');
// RDS refuses connections without TLS. WordPress passes this on to the driver.
$constants = ['MYSQL_CLIENT_FLAGS' => 2048 /* MYSQLI_CLIENT_SSL */] + ($secrets['settings']['constants'] ?? []);

echo json_encode(
    [
        'environment' => $environment,
        'url' => getenv('URL'),
        'otherUrls' => $environment === 'prod' ? [getenv('OTHER_URL')] : [],
        'database' => [
            'host' => getenv('DATABASE_HOST') . ':3306',
            'name' => getenv('SCHEMA'),
            'user' => $secrets['database']['username'],
            'password' => $secrets['database']['password'],
        ],
        'tablePrefix' => getenv('TABLE_PREFIX'),
        'salts' => $salts,
        'constants' => $constants,
        'options' => $secrets['settings']['options'] ?? [],
    ],
    JSON_THROW_ON_ERROR,
);
