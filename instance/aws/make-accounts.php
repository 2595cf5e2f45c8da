<?php
/**
 * Makes the accounts of the database, or gives them the passwords that they have in Secrets Manager now.
 * Standard input: { "administrator": { "username", "password" }, "accounts": { NAME: { "username", "password" } } }.
 * In the environment DATABASE_HOST (the master's name, with a port if it is another than 3306) and SCHEMA.
 */

declare(strict_types=1);

ini_set('display_errors', 'stderr');

/** What moves a gate on RDS: nobody but RDS itself may use the statements behind these. */
const PROCEDURES = [
    'rds_start_replication', 'rds_stop_replication', 'rds_start_replication_until_gtid', 'rds_skip_repl_error',
    'rds_set_configuration', 'rds_show_configuration',
];

/**
 * One account for each role, with what the role needs. `SCHEMA` stands for the site's own.
 * @return array<string, list<string>>
 */
function grants(string $schema): array
{
    $procedures = array_map(static fn (string $name): string => "EXECUTE ON PROCEDURE mysql.$name", PROCEDURES);
    return [
        'dev' => ["ALL PRIVILEGES ON $schema.*"],
        'prod' => ["SELECT ON $schema.*"],
        'operator' => ["SELECT ON $schema.*", 'PROCESS, REPLICATION CLIENT ON *.*', ...$procedures],
        'monitor' => ['PROCESS, REPLICATION CLIENT ON *.*'],
    ];
}

$input = json_decode((string) stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR);
[$host, $port] = explode(':', (string) getenv('DATABASE_HOST')) + [1 => '3306'];
// In a grant _ and % stand for any characters, so that an account would reach a neighbour's schema.
$schema = '`' . strtr((string) getenv('SCHEMA'), ['_' => '\\_', '%' => '\\%']) . '`';

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$administrator = mysqli_init();
$administrator->options(MYSQLI_OPT_CONNECT_TIMEOUT, 10);
$administrator->real_connect(
    $host,
    $input['administrator']['username'],
    $input['administrator']['password'],
    null,
    (int) $port,
    null,
    MYSQLI_CLIENT_SSL,
);
foreach (grants($schema) as $name => $rights) {
    $account = "'" . $administrator->real_escape_string($input['accounts'][$name]['username']) . "'@'%'";
    $password = "'" . $administrator->real_escape_string($input['accounts'][$name]['password']) . "'";
    $administrator->query("CREATE USER IF NOT EXISTS $account IDENTIFIED BY $password REQUIRE SSL");
    $administrator->query("ALTER USER $account IDENTIFIED BY $password REQUIRE SSL");
    foreach ($rights as $right) {
        $administrator->query("GRANT $right TO $account");
    }
}
