<?php
/**
 * Replaces addresses of the other environment by this one's, in the forms in which they stand in pages, feeds, JSON,
 * scripts and query strings. Only addresses: a host name in running text or in an e-mail address stays.
 */
final class Understudy_Address_Rewriter
{
    private string $pattern = '';
    private string $authority;
    private string $scheme;

    /** @var list<string> in lower case */
    private array $others = [];

    /**
     * @param string $own such as https://www.example.com
     * @param list<string> $others such as https://dev.example.com:8443
     */
    public function __construct(string $own, array $others)
    {
        [$this->scheme, $this->authority] = explode('://', $own, 2);
        foreach ($others as $other) {
            $authority = strtolower(explode('://', $other, 2)[1]);
            if ($authority !== strtolower($this->authority)) {
                $this->others[] = $authority;
            }
        }
        $this->others = array_values(array_unique($this->others));
        $authorities = implode('|', array_map(
            static fn ($other) => str_replace('\:', '(?:\:|%3A)', preg_quote($other, '~')),
            $this->others,
        ));
        // Plain, in JSON (a backslash before each), in JSON within JSON (three), in a query string.
        $slashes = '(?<slashes>\\\\*+/\\\\*+/|%2F%2F)';
        // Without a scheme it must not be the tail of another one; behind it the name must end, and not go on as
        // dev.example.community, dev.example.com.au or another port.
        $this->pattern = "~(?:(?<scheme>https?)(?<colon>:|%3A)|(?<![:\w\\\\/]|%3A))$slashes(?<authority>$authorities)"
            . '(?![\w-]|\.\w|(?::|%3A)\d)~i';
    }

    public function has_nothing_to_do(): bool
    {
        return $this->others === [];
    }

    /** @return list<string> names without port */
    public function other_hosts(): array
    {
        return array_map(static fn ($other) => explode(':', $other)[0], $this->others);
    }

    /** The longest form of an address: how far a match may reach across a cut. */
    public function reach(): int
    {
        return max([0, ...array_map('strlen', $this->others)]) + 64;
    }

    public function rewrite(string $text): string
    {
        return $this->may_contain($text)
            ? preg_replace_callback($this->pattern, $this->replacement(...), $text, -1, $count) ?? $text
            : $text;
    }

    /** A plain search first: most output has none, and this costs a fraction of the pattern. */
    private function may_contain(string $text): bool
    {
        foreach ($this->other_hosts() as $host) {
            if (stripos($text, $host) !== false) {
                return true;
            }
        }
        return false;
    }

    /** @param array<string, string> $match */
    private function replacement(array $match): string
    {
        $is_encoded = str_contains($match['slashes'], '%');
        $authority = $is_encoded ? str_replace(':', '%3A', $this->authority) : $this->authority;
        $scheme = $match['scheme'] === '' ? '' : $this->scheme . $match['colon'];
        return $scheme . $match['slashes'] . $authority;
    }
}
