<?php
/**
 * The object cache: what this request has seen, in front of what this edition's requests have stored in APCu.
 * Without APCu (the command line) it lives as long as the request. Keys carry the edition, so that a new edition never
 * reads an older one's entries; every entry expires, so that those of dead editions make room.
 */
#[AllowDynamicProperties]
class WP_Object_Cache
{
    /** For entries without a time of their own. Content of an edition never changes; this only bounds memory. */
    private const DEFAULT_SECONDS = 600;

    /** At most, whatever is asked for: a transient may disappear before its time, by WordPress's own contract. */
    private const MOST_SECONDS = 3600;

    /** Between group and key; both of them contain colons. */
    private const BETWEEN = "\x1f";

    public $cache_hits = 0;
    public $cache_misses = 0;

    /** @var array<string, array<int|string, mixed>> by group */
    private array $seen = [];
    private array $global_groups = [];
    private array $non_persistent_groups = [];
    private string $blog_prefix = '';
    private readonly bool $is_shared;
    private readonly string $edition;

    /** @param array{id?: int, release?: int, position?: string, following?: bool} $edition */
    public function __construct(array $edition = [])
    {
        // While prod follows dev its content changes, and nobody tells this cache.
        $this->is_shared = function_exists('apcu_enabled') && apcu_enabled() && empty($edition['following']);
        // Release and position too: a site that was destroyed and made anew begins to count from 1 again.
        $this->edition = 'understudy:' . substr(md5(serialize([
            $edition['id'] ?? 0,
            $edition['release'] ?? 0,
            $edition['position'] ?? '',
            defined('DB_NAME') ? DB_NAME : '',
            $GLOBALS['table_prefix'] ?? '',
        ])), 0, 16) . ':';
        $this->switch_to_blog(function_exists('get_current_blog_id') ? get_current_blog_id() : 1);
    }

    public function get($key, $group = 'default', $force = false, &$found = null)
    {
        $found = false;
        if (!$this->is_valid_key($key)) {
            return false;
        }
        [$group, $id] = $this->place($key, $group);
        $value = $this->read($group, $id, (bool) $force, $found);
        $found ? $this->cache_hits++ : $this->cache_misses++;
        return is_object($value) ? clone $value : $value;
    }

    public function get_multiple($keys, $group = 'default', $force = false)
    {
        $this->prefetch($keys, $group, (bool) $force);
        $values = [];
        foreach ($keys as $key) {
            // What is shared was just fetched; forcing again would fetch it one by one.
            $values[$key] = $this->get($key, $group);
        }
        return $values;
    }

    public function set($key, $data, $group = 'default', $expire = 0)
    {
        if (!$this->is_valid_key($key)) {
            return false;
        }
        [$group, $id] = $this->place($key, $group);
        $this->seen[$group][$id] = is_object($data) ? clone $data : $data;
        $this->share($group, $id, $data, (int) $expire, 'apcu_store');
        return true;
    }

    /** False when it is there already, for another request too: WordPress and plugins use this as a lock. */
    public function add($key, $data, $group = 'default', $expire = 0)
    {
        if (wp_suspend_cache_addition() || !$this->is_valid_key($key)) {
            return false;
        }
        [$group, $id] = $this->place($key, $group);
        if ($this->has_seen($group, $id) || !$this->share($group, $id, $data, (int) $expire, 'apcu_add')) {
            return false;
        }
        $this->seen[$group][$id] = is_object($data) ? clone $data : $data;
        return true;
    }

    public function replace($key, $data, $group = 'default', $expire = 0)
    {
        if (!$this->is_valid_key($key)) {
            return false;
        }
        [$place, $id] = $this->place($key, $group);
        $this->read($place, $id, false, $found);
        return $found && $this->set($key, $data, $group, $expire);
    }

    public function delete($key, $group = 'default', $deprecated = false)
    {
        if (!$this->is_valid_key($key)) {
            return false;
        }
        [$group, $id] = $this->place($key, $group);
        $was_there = $this->has_seen($group, $id);
        unset($this->seen[$group][$id]);
        return ($this->is_persistent($group) && apcu_delete($this->name($group, $id))) || $was_there;
    }

    public function add_multiple(array $data, $group = '', $expire = 0)
    {
        return $this->for_each($data, fn ($key, $value) => $this->add($key, $value, $group, $expire));
    }

    public function set_multiple(array $data, $group = '', $expire = 0)
    {
        return $this->for_each($data, fn ($key, $value) => $this->set($key, $value, $group, $expire));
    }

    public function delete_multiple(array $keys, $group = '')
    {
        $results = [];
        foreach ($keys as $key) {
            $results[$key] = $this->delete($key, $group);
        }
        return $results;
    }

    public function incr($key, $offset = 1, $group = 'default')
    {
        return $this->is_valid_key($key) ? $this->count($key, (int) $offset, $group) : false;
    }

    public function decr($key, $offset = 1, $group = 'default')
    {
        return $this->is_valid_key($key) ? $this->count($key, -(int) $offset, $group) : false;
    }

    public function flush()
    {
        $this->seen = [];
        return $this->forget_shared($this->edition);
    }

    public function flush_runtime()
    {
        $this->seen = [];
        return true;
    }

    public function flush_group($group)
    {
        unset($this->seen[$group]);
        return $this->forget_shared($this->edition . $group . self::BETWEEN);
    }

    public function add_global_groups($groups)
    {
        $this->global_groups += array_fill_keys((array) $groups, true);
    }

    public function add_non_persistent_groups($groups)
    {
        $this->non_persistent_groups += array_fill_keys((array) $groups, true);
    }

    public function switch_to_blog($blog_id)
    {
        $this->blog_prefix = is_multisite() ? (int) $blog_id . ':' : '';
    }

    public function stats()
    {
        echo '<p>', (int) $this->cache_hits, ' hits, ', (int) $this->cache_misses, ' misses</p>';
    }

    /** As WordPress: integers, and text that is not blank. */
    private function is_valid_key($key): bool
    {
        return is_int($key) || (is_string($key) && trim($key) !== '');
    }

    /** @return array{string, int|string} group, and the key within it */
    private function place($key, $group): array
    {
        $group = empty($group) ? 'default' : (string) $group;
        return [$group, isset($this->global_groups[$group]) ? $key : $this->blog_prefix . $key];
    }

    private function name(string $group, $id): string
    {
        return $this->edition . $group . self::BETWEEN . $id;
    }

    private function is_persistent(string $group): bool
    {
        return $this->is_shared && !isset($this->non_persistent_groups[$group]);
    }

    private function has_seen(string $group, $id): bool
    {
        return isset($this->seen[$group]) && array_key_exists($id, $this->seen[$group]);
    }

    private function read(string $group, $id, bool $force, &$found)
    {
        $found = $this->has_seen($group, $id);
        if ($this->is_persistent($group) && ($force || !$found)) {
            $value = apcu_fetch($this->name($group, $id), $found);
            if ($found) {
                $this->seen[$group][$id] = $value;
            } else {
                unset($this->seen[$group][$id]);
            }
        }
        return $found ? $this->seen[$group][$id] : false;
    }

    /** One look at APCu for all keys of a group. */
    private function prefetch(array $keys, $group, bool $force): void
    {
        $names = [];
        foreach ($keys as $key) {
            if (!$this->is_valid_key($key)) {
                continue;
            }
            [$place, $id] = $this->place($key, $group);
            if ($this->is_persistent($place) && ($force || !$this->has_seen($place, $id))) {
                unset($this->seen[$place][$id]);
                $names[$this->name($place, $id)] = $id;
            }
        }
        foreach ($names === [] ? [] : apcu_fetch(array_keys($names)) as $name => $value) {
            $this->seen[$place][$names[$name]] = $value;
        }
    }

    /**
     * Stores it for other requests. Full memory, or a value that cannot be serialised, leaves it to this request alone.
     * @param 'apcu_store'|'apcu_add' $how
     * @return bool false only if it was to be added and is there
     */
    private function share(string $group, $id, $data, int $expire, string $how): bool
    {
        if (!$this->is_persistent($group)) {
            return true;
        }
        $name = $this->name($group, $id);
        // WordPress treats what expires in the past as not there from the next request on.
        $seconds = $expire === 0 ? self::DEFAULT_SECONDS : max(1, min($expire, self::MOST_SECONDS));
        try {
            return $how($name, $data, $seconds) || !($how === 'apcu_add' && apcu_exists($name));
        } catch (Throwable) {
            apcu_delete($name);
            return true;
        }
    }

    /** @return int|false the new value; false when there is nothing to count */
    private function count($key, int $by, $group)
    {
        [$place, $id] = $this->place($key, $group);
        do {
            $old = $this->read($place, $id, true, $found);
            if (!$found) {
                return false;
            }
            $new = max(0, (is_numeric($old) ? $old + 0 : 0) + $by);
            if (!$this->is_persistent($place) || !is_int($old)) {
                return $this->set($key, $new, $group) ? $new : false;
            }
            // Whole numbers are counted without losing what another request counts; their time to live stays.
        } while (!apcu_cas($this->name($place, $id), $old, $new));
        return $this->seen[$place][$id] = $new;
    }

    private function forget_shared(string $beginning): bool
    {
        if ($this->is_shared) {
            apcu_delete(new APCUIterator('/^' . preg_quote($beginning, '/') . '/', APC_ITER_KEY));
        }
        return true;
    }

    /** @return array<int|string, bool> */
    private function for_each(array $data, callable $do): array
    {
        $results = [];
        foreach ($data as $key => $value) {
            $results[$key] = $do($key, $value);
        }
        return $results;
    }
}
