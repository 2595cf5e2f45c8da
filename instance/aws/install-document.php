<?php
/** Puts together what ../wordpress/install.php reads: { "password" } comes in on standard input, the rest in the environment. */

declare(strict_types=1);

ini_set('display_errors', 'stderr');

$secret = json_decode((string) stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR);

echo json_encode(
    [
        'title' => getenv('TITLE'),
        'adminUser' => getenv('ADMIN_USER'),
        'adminEmail' => getenv('ADMIN_EMAIL'),
        'adminPassword' => $secret['password'],
        'locale' => getenv('LOCALE'),
        'permalinks' => '/%postname%/',
    ],
    JSON_THROW_ON_ERROR,
);
