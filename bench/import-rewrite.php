<?php
/**
 * Replaces an address as the common tools do: every row is read, unserialised where it can be, searched recursively,
 * serialised, and written alone. Arguments: the server's socket, the schema.
 */
[, $socket, $schema] = $argv;
const OLD = 'https://www.old-shop.example';
const FRESH = 'https://dev.shop.localhost:8443';

function replace(mixed $data): mixed
{
    if (is_string($data)) {
        $inner = @unserialize($data, ['allowed_classes' => false]);
        return $inner === false ? str_replace(OLD, FRESH, $data) : serialize(replace($inner));
    }
    return is_array($data) ? array_map('replace', $data) : $data;
}

$db = new mysqli('localhost', 'root', '', $schema, 0, $socket);
$db->set_charset('utf8mb4');
$update = $db->prepare('UPDATE wp_postmeta SET meta_value = ? WHERE meta_id = ?');
for ($from = 0; ; ) {
    $rows = $db->query("SELECT meta_id, meta_value FROM wp_postmeta WHERE meta_id > $from ORDER BY meta_id LIMIT 1000")->fetch_all();
    foreach ($rows as [$id, $value]) {
        $replaced = replace($value);
        if ($replaced !== $value) {
            $update->execute([$replaced, $id]);
        }
        $from = $id;
    }
    if (count($rows) < 1000) {
        break;
    }
}
