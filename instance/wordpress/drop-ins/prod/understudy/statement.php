<?php
/** What a SQL statement does, as far as a read-only database has to know. */
final class Understudy_Statement
{
    /** First words of statements that read, or that change nothing but this connection. */
    private const READS = [
        'select', 'show', 'describe', 'desc', 'explain', 'values', 'table', 'use', 'do', 'help',
        'begin', 'commit', 'rollback', 'savepoint', 'release',
    ];

    /** Words that tell a change where it may stand behind others. */
    private const CHANGES = 'insert|update|delete|replace\s+into|(create|alter|drop|truncate|analyze)\s+(\w+\s+)?tables?';

    /**
     * Whether the statement writes, locks, or is of a kind that we do not know: only what is known to read is sent.
     */
    public static function writes(string $sql): bool
    {
        $sql = self::without_leading_noise($sql);
        $word = preg_match('/^[a-z_]+/i', $sql, $first) === 1 ? strtolower($first[0]) : '';
        return match (true) {
            $word === 'select' => self::select_writes($sql),
            in_array($word, self::READS, true) => false,
            $word === 'set' => self::set_writes($sql),
            $word === 'start' => preg_match('/^start\s+transaction\b/i', $sql) !== 1,
            $word === 'check', $word === 'checksum' => preg_match('/^check(sum)?\s+tables?\b/i', $sql) !== 1,
            $word === 'with', $word === 'analyze' =>
                self::contains_word($sql, self::CHANGES) || self::select_writes($sql),
            default => true,
        };
    }

    /** The verb and the table, for the log; values may be personal and stay out of it. */
    public static function summary(string $sql): string
    {
        preg_match('/^[\w`.]+(?:\s+[\w`.]+){0,2}/', self::without_leading_noise($sql), $words);
        return substr((string) preg_replace('/\s+/', ' ', $words[0] ?? 'something'), 0, 80);
    }

    /** Comments, white space and opening parentheses; what stands in an executable comment counts as SQL. */
    private static function without_leading_noise(string $sql): string
    {
        $noise = '[\s(;]++|--[^\n]*+(?:\n|$)|#[^\n]*+(?:\n|$)|/\*!\d*+|/\*(?!!).*?\*/';
        return preg_replace("~^(?:$noise)++~s", '', $sql) ?? $sql;
    }

    /** Settings of this connection are its own business. */
    private static function set_writes(string $sql): bool
    {
        if (preg_match('/^set\s+statement\b/i', $sql) === 1) {
            return self::contains_word($sql, self::CHANGES);
        }
        return preg_match('/^set\s+(global|persist|persist_only|password|default)\b|@@(global|persist)/i', $sql) === 1;
    }

    private static function select_writes(string $sql): bool
    {
        return self::contains_word($sql, 'for\s+(update|share)|lock\s+in\s+share\s+mode|into\s+(outfile|dumpfile)');
    }

    /** Looks outside of quoted text and comments: a title may contain "for update". */
    private static function contains_word(string $sql, string $words): bool
    {
        $pattern = "/\b(?:$words)\b/i";
        if (preg_match($pattern, $sql) !== 1) {
            return false;
        }
        $bare = preg_replace(
            ['/\'(?:[^\'\\\\]++|\\\\.|\'\')*+\'/s', '/"(?:[^"\\\\]++|\\\\.|"")*+"/s', '/`[^`]*+`/', '~/\*(?!!).*?\*/~s'],
            "''",
            $sql,
        );
        return preg_match($pattern, $bare ?? $sql) === 1;
    }
}
