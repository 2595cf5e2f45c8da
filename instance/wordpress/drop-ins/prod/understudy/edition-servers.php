<?php
/**
 * The servers that may answer for the edition: the weighted endpoint where there is one (all replicas are equal then),
 * and each replica by name.
 */
final class Understudy_Edition_Servers
{
    /** One that failed is asked last for this long, so that not every request waits for it. */
    private const REMEMBERED_SECONDS = 5;

    /**
     * From when the first request began to look that finds no server at all: servers that hang take their second each,
     * and are not asked all over again. While a promotion is watched, one replica alone may answer;
     * when it dies, it is back, or the edition taken back, within a second or two.
     */
    private const PATIENCE_SECONDS = 3;

    /** How long an outage without any request is remembered. */
    private const OUTAGE_REMEMBERED_SECONDS = 60;

    /** There while requests find no server. instance/health/health.php reads it, out of the same memory. */
    private const NONE_ANSWERS = 'understudy:no-server-answers';

    /** @var array<string, string> name to host */
    private array $hosts = [];

    /** @var array<string, true> those that failed in this request */
    private array $failed = [];

    /** @param array{endpoint?: string|null, replicas: list<array{id: string, host: string}>} $edition */
    public function __construct(array $edition)
    {
        if (!empty($edition['endpoint'])) {
            $this->hosts['endpoint'] = (string) $edition['endpoint'];
        }
        foreach ($edition['replicas'] as $replica) {
            $this->hosts[(string) $replica['id']] = (string) $replica['host'];
        }
    }

    /**
     * Every server, once; those that failed a moment ago last, never left out.
     * @return array<string, string> name to host
     */
    public function in_order(): array
    {
        $later = array_filter($this->hosts, fn (string $name): bool => $this->has_failed($name), ARRAY_FILTER_USE_KEY);
        return array_diff_key($this->hosts, $later) + $later;
    }

    public function note_failure(string $name, string $why): void
    {
        $known = $this->has_failed($name);
        $this->failed[$name] = true;
        if (self::remembers()) {
            apcu_store($this->memory($name), true, self::REMEMBERED_SECONDS);
        }
        if (!$known) {
            error_log("understudy: database $name ({$this->hosts[$name]}) failed: $why");
        }
    }

    /**
     * After none of them answered: waits a moment if another try is worth it. In an outage that has lasted, it is not:
     * requests that wait would take every worker from those that need no database.
     * @param float $began when this request began to look, of microtime(true)
     */
    public function wait_for_another_try(float $began): bool
    {
        if (!self::remembers()) {
            return false;
        }
        $now = microtime(true);
        apcu_add($this->outage(), $began, self::OUTAGE_REMEMBERED_SECONDS);
        apcu_store(self::NONE_ANSWERS, true, self::OUTAGE_REMEMBERED_SECONDS);
        $since = apcu_fetch($this->outage());
        if ($since === false || $now - $since >= self::PATIENCE_SECONDS) {
            return false;
        }
        usleep(100_000);
        return true;
    }

    public function note_answer(): void
    {
        foreach (self::remembers() ? [$this->outage(), self::NONE_ANSWERS] : [] as $key) {
            if (apcu_exists($key)) {
                apcu_delete($key);
            }
        }
    }

    /** As it stands where WordPress shows its database host. */
    public function __toString(): string
    {
        return implode(', ', $this->hosts);
    }

    private function has_failed(string $name): bool
    {
        return isset($this->failed[$name]) || (self::remembers() && apcu_exists($this->memory($name)));
    }

    private function outage(): string
    {
        return 'understudy:no-server-since:' . implode(',', $this->hosts);
    }

    private function memory(string $name): string
    {
        return "understudy:failed:$name:{$this->hosts[$name]}";
    }

    private static function remembers(): bool
    {
        return function_exists('apcu_enabled') && apcu_enabled();
    }
}
