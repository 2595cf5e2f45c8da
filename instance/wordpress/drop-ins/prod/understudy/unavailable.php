<?php
/**
 * Ends the request as one that can be repeated elsewhere or later: 503, never half a page and never a page that
 * somebody may store. nginx serves an older copy in its place where it has one.
 *
 * @param string $reason for the log; visitors do not see it
 */
function understudy_unavailable(string $reason): never
{
    error_log("understudy: answered 503, since $reason");
    if (PHP_SAPI === 'cli') {
        fwrite(STDERR, "understudy: $reason\n");
        exit(1);
    }
    while (ob_get_level() > 0 && ob_end_clean()) {
        // What was written so far is part of a page that cannot be finished.
    }
    if (!headers_sent()) {
        header_remove();
        http_response_code(503);
        header('Retry-After: 10');
        header('Cache-Control: no-store');
        header('Content-Type: text/html; charset=utf-8');
        echo '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="robots" content="noindex">',
            '<meta name="viewport" content="width=device-width"><title>Back in a moment</title>',
            '<body style="font:1.1em/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em">',
            '<h1>Back in a moment</h1><p>This page cannot be shown right now. Please try again in a few seconds.</p>';
    }
    exit;
}
