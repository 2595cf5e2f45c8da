<?php
/**
 * The one output buffer around everything that prod sends. A page is rewritten as a whole when it is complete. What is
 * larger than the buffer is sent on in parts: text rewritten, with what could be half an address held back; anything
 * else (a download) as it comes.
 */
final class Understudy_Rewriting_Buffer
{
    /** Pages are far smaller; downloads that go through PHP are not to fill its memory. */
    public const BYTES = 4 * 1024 * 1024;

    private const TEXT = '~^(?:text/|image/svg\+xml'
        . '|application/(?:[\w.+-]+\+)?(?:json|xml|javascript|ecmascript|x-javascript)\b)~i';

    private string $held = '';

    public function __construct(private readonly Understudy_Address_Rewriter $rewriter)
    {
    }

    /** PHP calls it with what was written since the last time. */
    public function __invoke(string $written, int $phase): string
    {
        if (($phase & PHP_OUTPUT_HANDLER_CLEAN) !== 0) {
            $this->held = '';
            return $written;
        }
        if (!$this->is_text()) {
            return $written;
        }
        $text = $this->held === '' ? $written : $this->held . $written;
        $is_complete = ($phase & PHP_OUTPUT_HANDLER_FINAL) !== 0;
        // An explicit flush wants to be seen by the browser now, so nothing is held back.
        $cut = $is_complete || ($phase & PHP_OUTPUT_HANDLER_FLUSH) !== 0 ? strlen($text) : $this->safe_cut($text);
        $this->held = substr($text, $cut);
        $rewritten = $this->rewriter->rewrite($this->held === '' ? $text : substr($text, 0, $cut));
        $is_whole = $is_complete && ($phase & PHP_OUTPUT_HANDLER_START) !== 0;
        $this->correct_length($is_whole ? strlen($rewritten) : null);
        return $rewritten;
    }

    private function is_text(): bool
    {
        $type = 'text/html';
        foreach (headers_list() as $line) {
            [$name, $value] = explode(':', $line, 2);
            if (strcasecmp($name, 'Content-Type') === 0) {
                $type = trim($value);
            } elseif (strcasecmp($name, 'Content-Encoding') === 0) {
                // Somebody compressed it already.
                return false;
            }
        }
        return preg_match(self::TEXT, $type) === 1;
    }

    /** Where no address can be cut in two: an address has no white space, quotes or angle brackets. */
    private function safe_cut(string $text): int
    {
        $end = substr($text, -$this->rewriter->reach());
        $before = strlen($text) - strlen($end);
        $boundary = max(array_map(static fn ($mark) => (int) strrpos($end, $mark), [' ', "\n", '"', "'", '<', '>']));
        return $before + $boundary;
    }

    /** @param int|null $bytes null when the whole length is not known */
    private function correct_length(?int $bytes): void
    {
        if (headers_sent()) {
            return;
        }
        foreach (headers_list() as $line) {
            if (stripos($line, 'Content-Length:') === 0) {
                // An answer to HEAD has no body whose length could be told; leaving it out is always right.
                header_remove('Content-Length');
                if ($bytes !== null && ($_SERVER['REQUEST_METHOD'] ?? '') !== 'HEAD') {
                    header("Content-Length: $bytes");
                }
            }
        }
    }
}
