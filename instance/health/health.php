<?php
/**
 * Answers /-/health: that PHP works, and in prod that the link resolves to a real edition. Nothing else is
 * asked: neither the database nor shared storage, since their outage must never end web instances. What pages have
 * found of the database is told. A disk that is full fails an instance that has it for itself: one that all share
 * would fail all of them, and with them the pages that are cached.
 *
 * 200 {"status":"ok","instance":"prod-1","edition":4,"degraded":["…"]}; 503 with status "failed".
 * `edition` is null in dev; `degraded` is left out when there is nothing to say.
 */

declare(strict_types=1);

header('Content-Type: application/json');
header('Cache-Control: no-store');

$link = $_SERVER['UNDERSTUDY_LINK'] ?? null;
$edition = null;
$failed = false;
$degraded = [];

if ($link !== null) {
    clearstatcache();
    $target = @readlink($link);
    $failed = $target === false || !ctype_digit(basename($target)) || !is_dir($link);
    $edition = $failed ? null : (int) basename($target);
    if ($edition === 0) {
        $degraded[] = 'nothing has been promoted yet';
    }
}

// nginx breaks off answers that it cannot store, long before the last byte is written.
$disk = $_SERVER['UNDERSTUDY_DISK'] ?? null;
if ($disk !== null && @disk_free_space($disk) < 16 * 1024 * 1024) {
    $failed = true;
    $degraded[] = 'its disk is full';
}

// OPcache fills up with editions and then silently compiles every request anew.
$opcache = function_exists('opcache_get_status') ? opcache_get_status(false) : false;
if ($opcache === false) {
    $degraded[] = 'OPcache is off';
} elseif ($opcache['cache_full']) {
    $degraded[] = 'OPcache is full';
}

// Noted by prod's drop-in db.php, in memory that all of PHP's pools share.
if (function_exists('apcu_enabled') && apcu_enabled() && apcu_exists('understudy:no-server-answers')) {
    $degraded[] = 'no database answers: only pages that are cached are served';
}

http_response_code($failed ? 503 : 200);
$answer = ['status' => $failed ? 'failed' : 'ok', 'instance' => $_SERVER['UNDERSTUDY_INSTANCE'], 'edition' => $edition];
echo json_encode($degraded === [] ? $answer : $answer + ['degraded' => $degraded]), "\n";
