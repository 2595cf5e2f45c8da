<?php
/**
 * wpdb as prod needs it, for WordPress 6.1 and newer: it asks the edition's servers in turn, waits for none of them
 * longer than it must, and drops what would write. Prod's account may only SELECT; this class is what makes a refused
 * write harmless instead of an error.
 *
 * mysqlnd's read timeout is what bounds the wait for a server's greeting: the kernel accepts connections for a server
 * that hangs, so the connect timeout alone never fires. It also stays for the life of the connection and cannot be
 * changed later, hence queries are sent asynchronously and waited for with a deadline of their own.
 */
#[AllowDynamicProperties]
class Understudy_Read_Only_Wpdb extends wpdb
{
    /** For the connection, and again for the greeting; also between two parts of a result. Whole seconds only. */
    private const CONNECT_SECONDS = 1;

    /** For the first part of an answer. A page that needs longer than this from one query is broken anyway. */
    private const ANSWER_SECONDS = 5;

    /** Server has gone away, lost connection, connection was killed, shutdown in progress. */
    private const LOST = [2006, 2013, 1927, 1053];

    private Understudy_Edition_Servers $servers;
    private string $server = '';
    private int $pause_seconds = self::CONNECT_SECONDS;
    private bool $charset_known = false;
    private int $dropped = 0;

    /** The last SELECT SQL_CALC_FOUND_ROWS: FOUND_ROWS() on another connection would answer for nothing. */
    private string $counting_query = '';

    public function __construct(
        $dbuser,
        #[\SensitiveParameter]
        $dbpassword,
        $dbname,
        Understudy_Edition_Servers $servers
    ) {
        $this->servers = $servers;
        parent::__construct($dbuser, $dbpassword, $dbname, (string) $servers);
    }

    /** Connects to the first server that answers. Ends the request with 503 if none does, unless told not to. */
    public function db_connect($allow_bail = true)
    {
        $this->is_mysql = true;
        $began = microtime(true);
        do {
            foreach ($this->servers->in_order() as $name => $host) {
                $connection = $this->open($name, $host);
                if ($connection !== null) {
                    $this->servers->note_answer();
                    $this->use_connection($name, $connection);
                    return true;
                }
            }
        } while ($this->servers->wait_for_another_try($began));
        $this->ready = false;
        if ($allow_bail) {
            understudy_unavailable('no database of the edition answers');
        }
        return false;
    }

    public function check_connection($allow_bail = true)
    {
        // Bounded by the connection's read timeout.
        if ($this->dbh instanceof mysqli && @mysqli_query($this->dbh, 'DO 1') !== false) {
            return true;
        }
        if ($this->dbh instanceof mysqli) {
            $this->forget_connection('it does not answer');
        }
        return $this->db_connect($allow_bail);
    }

    public function query($query)
    {
        if (!$this->ready) {
            $this->check_current_query = true;
            return false;
        }
        $query = apply_filters('query', $query);
        if (!$query) {
            $this->insert_id = 0;
            return false;
        }
        $this->flush();
        $this->func_call = "\$db->query(\"$query\")";
        $check = $this->check_current_query;
        $this->check_current_query = true;
        if (Understudy_Statement::writes($query)) {
            return $this->drop($query);
        }
        if ($check && !$this->is_valid_text($query)) {
            return false;
        }
        $this->last_query = $query;
        $this->result = $this->answer($query);
        $this->last_error = mysqli_error($this->dbh);
        if ($this->last_error !== '') {
            $this->print_error();
            return false;
        }
        return $this->read_rows();
    }

    /** @return mysqli|null null when the server does not answer in time or refuses; noted and logged */
    private function open(string $name, string $host): ?mysqli
    {
        mysqli_report(MYSQLI_REPORT_OFF);
        [$address, $port, $socket, $is_ipv6] = $this->parse_db_host($host) ?: [$host, null, null, false];
        $connection = mysqli_init();
        mysqli_options($connection, MYSQLI_OPT_CONNECT_TIMEOUT, self::CONNECT_SECONDS);
        mysqli_options($connection, MYSQLI_OPT_READ_TIMEOUT, $this->pause_seconds);
        $is_open = @mysqli_real_connect(
            $connection,
            $is_ipv6 ? "[$address]" : $address,
            $this->dbuser,
            $this->dbpassword,
            $this->dbname,
            $port,
            $socket,
            defined('MYSQL_CLIENT_FLAGS') ? MYSQL_CLIENT_FLAGS : 0
        );
        if ($is_open) {
            return $connection;
        }
        $this->servers->note_failure($name, "{$connection->connect_error} ({$connection->connect_errno})");
        return null;
    }

    private function use_connection(string $name, mysqli $connection): void
    {
        $this->server = $name;
        $this->dbh = $connection;
        if (!$this->charset_known) {
            $this->init_charset();
            $this->charset_known = true;
        }
        $this->set_charset($connection);
        $this->ready = true;
        $this->set_sql_mode();
    }

    private function forget_connection(string $why): void
    {
        $this->servers->note_failure($this->server, $why);
        $this->dbh = null;
    }

    /**
     * Asks until a server answers; the statements that get here only read, so asking twice does no harm. A request
     * that finds no server any more ends with 503: the rest of its page would be wrong and could be stored.
     */
    private function answer(string $query): mysqli_result|bool
    {
        if (preg_match('/^\s*select\s+sql_calc_found_rows\s/i', $query) === 1) {
            $this->counting_query = $query;
        }
        $attempts = count($this->servers->in_order()) + 1;
        for ($result = $this->ask($query); $this->dbh === null; $result = $this->ask($query)) {
            if (--$attempts === 0) {
                understudy_unavailable('no database of the edition answers this query');
            }
            $this->check_connection();
            if ($this->counting_query !== '' && preg_match('/^\s*select\s+found_rows\s*\(/i', $query) === 1) {
                $this->ask($this->counting_query);
            }
        }
        return $result;
    }

    /** One query on the present connection, which is null afterwards if it was lost. */
    private function ask(string $query): mysqli_result|bool
    {
        if ($this->dbh === null) {
            return false;
        }
        $timed = defined('SAVEQUERIES') && SAVEQUERIES;
        if ($timed) {
            $this->timer_start();
        }
        $this->num_queries++;
        $result = $this->wait_for_answer($query);
        if ($timed) {
            $this->log_query($query, $this->timer_stop(), $this->get_caller(), $this->time_start, []);
        }
        return $result;
    }

    private function wait_for_answer(string $query): mysqli_result|bool
    {
        if (@mysqli_query($this->dbh, $query, MYSQLI_ASYNC) !== false) {
            $waiting = [$this->dbh];
            $failed = $rejected = [];
            if ((int) @mysqli_poll($waiting, $failed, $rejected, self::ANSWER_SECONDS) === 0) {
                $this->forget_connection('no answer to a query for ' . self::ANSWER_SECONDS . ' s');
                return false;
            }
            $began = hrtime(true);
            $result = @mysqli_reap_async_query($this->dbh);
            if ($result !== false) {
                return $result;
            }
            $paused = hrtime(true) - $began >= $this->pause_seconds * 1e9;
        }
        if (in_array(mysqli_errno($this->dbh), self::LOST, true)) {
            // An answer that began and then paused may be slow rather than dead: more patience with the next one.
            $this->pause_seconds = empty($paused) ? $this->pause_seconds : self::ANSWER_SECONDS;
            $this->forget_connection(mysqli_error($this->dbh));
        }
        return false;
    }

    /** @return int number of rows, as wpdb::query */
    private function read_rows(): int
    {
        if ($this->result instanceof mysqli_result) {
            while ($row = mysqli_fetch_object($this->result)) {
                $this->last_result[] = $row;
            }
        }
        return $this->num_rows = count($this->last_result);
    }

    /** As WordPress does: a query with bytes that its tables' character set cannot hold is not sent. */
    private function is_valid_text(string $query): bool
    {
        if ($this->check_ascii($query)) {
            return true;
        }
        $valid = $this->strip_invalid_text_from_query($query);
        // It asks the database about the tables.
        $this->flush();
        $this->last_query = $query;
        if ($valid === $query) {
            return true;
        }
        $this->insert_id = 0;
        $this->last_error = 'The query contains invalid data.';
        return false;
    }

    /** @return int|true what wpdb::query returns for a statement that changed nothing */
    private function drop(string $query)
    {
        $this->insert_id = 0;
        $this->last_query = $query;
        if (++$this->dropped === 1) {
            $first = Understudy_Statement::summary($query);
            register_shutdown_function(fn () => $this->note_dropped($first));
        }
        return preg_match('/^\s*(create|alter|truncate|drop)\s/i', $query) === 1 ? true : 0;
    }

    /** Some themes and plugins try the same write on every page: once a minute is enough to know. */
    private function note_dropped(string $first): void
    {
        $has_memory = function_exists('apcu_enabled') && apcu_enabled();
        if (!$has_memory || apcu_add("understudy:dropped:$first", true, 60)) {
            error_log("understudy: prod is read-only, {$this->dropped} write(s) were dropped, the first: $first");
        }
    }
}
