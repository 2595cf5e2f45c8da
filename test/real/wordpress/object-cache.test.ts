import { expect, test } from 'vitest';
import { run } from '../../../src/process/run.js';
import { parts, wordPress } from './document-root.js';

const standIns = `
  define('ABSPATH', '${wordPress}/'); define('WPINC', 'wp-includes'); define('DB_NAME', 'wp');
  $table_prefix = 'wp_';
  function is_multisite() { return $GLOBALS['multisite'] ?? false; }
  function get_current_blog_id() { return 1; }
  function wp_suspend_cache_addition() { return $GLOBALS['suspended'] ?? false; }
  function _doing_it_wrong() {}
  function __($text) { return $text; }
  function found($key, $group = '') { wp_cache_get($key, $group, false, $found); return $found; }
`;
const ours = `require '${parts}/drop-ins/prod/object-cache.php'; wp_cache_init();`;
const theirs = `require ABSPATH . 'wp-includes/cache.php'; wp_cache_init();`;

async function php(code: string, apcu: '0' | '1' = '1'): Promise<unknown> {
  const settings = ['-d', `apc.enable_cli=${apcu}`, '-d', 'display_errors=stderr'];
  const { stdout, stderr } = await run('php8.2', [...settings, '-r', standIns + code]);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** Everything that the two caches are compared by; each line is one answer. */
const behaviours = `
  $o = new stdClass; $o->n = 1;
  $r = [];
  $r['miss'] = [wp_cache_get('a'), found('a')];
  $r['set and get'] = [wp_cache_set('a', 1), wp_cache_get('a'), found('a')];
  $r['false is a value'] = [wp_cache_set('f', false), wp_cache_get('f'), found('f')];
  $r['null is a value'] = [wp_cache_set('n', null), wp_cache_get('n'), found('n')];
  $r['add'] = [wp_cache_add('a', 2), wp_cache_add('b', 2), wp_cache_get('a'), wp_cache_get('b')];
  $r['add over null'] = [wp_cache_add('n', 2), wp_cache_get('n')];
  $r['replace'] = [wp_cache_replace('a', 3), wp_cache_replace('zz', 3), wp_cache_get('a'), found('zz')];
  $r['delete'] = [wp_cache_delete('a'), wp_cache_delete('a'), found('a')];
  $r['groups'] = [wp_cache_set('k', 'g', 'g'), found('k'), wp_cache_get('k', 'g')];
  $r['no group is default'] = [wp_cache_set('d', 'd'), wp_cache_get('d', 'default'), wp_cache_get('d', null)];
  $r['colons'] = [wp_cache_set('b:c', 1, 'a'), found('c', 'a:b'), wp_cache_set('c', 2, 'a:b'), wp_cache_get('b:c', 'a')];
  $r['objects are copies'] = [wp_cache_set('o', $o), $o->n = 2, wp_cache_get('o')->n, wp_cache_get('o')->n = 9, wp_cache_get('o')->n];
  $r['number keys'] = [wp_cache_set(7, 'x'), wp_cache_get('7'), wp_cache_set('0', 'zero'), wp_cache_get(0)];
  $r['invalid keys'] = [wp_cache_set('', 1), wp_cache_set(' ', 1), wp_cache_set(null, 1), wp_cache_set(1.5, 1), wp_cache_set([], 1), wp_cache_get(false), wp_cache_incr(''), wp_cache_delete(true), wp_cache_add('', 1), wp_cache_replace('', 1)];
  $r['incr'] = [wp_cache_incr('i'), wp_cache_set('i', 5), wp_cache_incr('i'), wp_cache_incr('i', 10), wp_cache_get('i')];
  $r['decr'] = [wp_cache_decr('i', 6), wp_cache_decr('i', 100), wp_cache_get('i'), wp_cache_decr('none')];
  $r['count text'] = [wp_cache_set('t', 'abc'), wp_cache_incr('t', 2), wp_cache_set('u', '4'), wp_cache_incr('u'), wp_cache_decr('u', '2')];
  $r['count fractions'] = [wp_cache_set('h', 1.5), wp_cache_incr('h')];
  $r['many'] = [
    wp_cache_set_multiple(['x' => 1, 'y' => false], 'm'), wp_cache_add_multiple(['x' => 9, 'z' => 3], 'm'),
    wp_cache_get_multiple(['x', 'y', 'z', 'w'], 'm'), wp_cache_delete_multiple(['x', 'w'], 'm'), found('x', 'm'),
    wp_cache_get_multiple([5, '', 7]),
  ];
  $GLOBALS['suspended'] = true;
  $r['suspended'] = [wp_cache_add('s', 1), wp_cache_set('s2', 1), found('s'), found('s2')];
  $GLOBALS['suspended'] = false;
  $r['flush group'] = [wp_cache_flush_group('g'), found('k', 'g'), found('d')];
  $r['flush'] = [wp_cache_flush(), found('d'), wp_cache_add('d', 'again'), wp_cache_get('d')];
  $r['supports'] = array_map('wp_cache_supports', ['add_multiple', 'set_multiple', 'get_multiple', 'delete_multiple', 'flush_runtime', 'flush_group', 'flying']);
  $r['close'] = wp_cache_close();
  echo json_encode($r, JSON_PRETTY_PRINT | JSON_PARTIAL_OUTPUT_ON_ERROR);
`;

test.each([
  ['with APCu', '1'],
  ['without APCu, as on the command line', '0'],
] as const)('behaves as the cache of WordPress %s', async (_, apcu) => {
  expect(await php(ours + behaviours, apcu)).toEqual(await php(theirs + behaviours, apcu));
});

test('blogs of a network are kept apart as by the cache of WordPress, global groups are not', async () => {
  const code = `
    wp_cache_add_global_groups('users');
    wp_cache_set('a', 1); wp_cache_set('a', 'u', 'users');
    wp_cache_switch_to_blog(2);
    $there = [found('a'), wp_cache_get('a', 'users'), wp_cache_set('a', 2)];
    wp_cache_switch_to_blog(1);
    echo json_encode([$there, wp_cache_get('a')]);
  `;
  const network = '$GLOBALS["multisite"] = true;';
  expect(await php(network + ours + code)).toEqual(await php(network + theirs + code));
});

const editions = `
  require '${parts}/drop-ins/prod/object-cache.php';
  function request($id) {
    $GLOBALS['wp_object_cache'] = new WP_Object_Cache(['id' => $id, 'release' => 1, 'position' => '0-1-1', 'replicas' => []]);
    wp_cache_add_non_persistent_groups('counts');
  }
`;

test('a request finds what another request of the same edition stored, and nothing of another edition', async () => {
  const code = `
    request(3); wp_cache_set('a', ['x' => new ArrayObject([1])]); wp_cache_set('c', 1, 'counts');
    request(3); $same = [wp_cache_get('a')['x'][0], found('c', 'counts'), wp_cache_add('a', 2)];
    request(4); $next = [found('a'), wp_cache_add('a', 'new'), wp_cache_flush()];
    request(3); $back = found('a');
    echo json_encode([$same, $next, $back]);
  `;
  expect(await php(editions + code)).toEqual([[1, false, false], [false, true, true], true]);
});

test('while prod follows dev nothing is kept for the next request', async () => {
  const code = `
    $request = fn () => $GLOBALS['wp_object_cache'] = new WP_Object_Cache(['id' => 3, 'release' => 1, 'following' => true]);
    $request(); wp_cache_set('a', 1); $same = found('a');
    $request(); echo json_encode([$same, found('a')]);
  `;
  expect(await php(editions + code)).toEqual([true, false]);
});

test('what one request counts, deletes or flushes is so for the others', async () => {
  const code = `
    request(3); wp_cache_set_multiple(['i' => 1, 'gone' => 1, 'other' => 1], 'g'); $first = $GLOBALS['wp_object_cache'];
    request(3); wp_cache_incr('i', 4, 'g'); wp_cache_delete('gone', 'g');
    $seen = [$first->incr('i', 1, 'g'), $first->get('gone', 'g', true), wp_cache_get('i', 'g', true)];
    wp_cache_flush_runtime(); $kept = found('other', 'g'); wp_cache_flush_group('g');
    request(3); echo json_encode([$seen, $kept, found('other', 'g')]);
  `;
  expect(await php(editions + code)).toEqual([[6, false, 6], true, false]);
});

test('every shared entry expires: after ten minutes, or what was asked for, but after an hour at the latest', async () => {
  const code = `
    request(3);
    wp_cache_set('none', 1); wp_cache_set('short', 1, '', 30); wp_cache_set('week', 1, 'transient', 604800);
    wp_cache_add('added', 1, '', 40); wp_cache_set('past', 1, '', -5); wp_cache_set('counted', 1, '', 50); wp_cache_incr('counted');
    foreach (new APCUIterator('/^understudy:/', APC_ITER_KEY | APC_ITER_TTL) as $entry) {
      $ttl[substr(strrchr($entry['key'], "\\x1f"), 1)] = $entry['ttl'];
    }
    ksort($ttl); echo json_encode($ttl);
  `;
  const expected = { added: 40, counted: 50, none: 600, past: 1, short: 30, week: 3600 };
  expect(await php(editions + code)).toEqual(expected);
});

test('a value that cannot be shared is kept for the request, and memory that is full is no error', async () => {
  const code = `
    request(3);
    $closure = [wp_cache_set('f', fn () => 1), (wp_cache_get('f'))()];
    for ($i = 0; $i < 200; $i++) { $ok = wp_cache_set("big$i", str_repeat('x', 1 << 20)) && strlen(wp_cache_get("big$i")) === 1 << 20 && ($ok ?? true); wp_cache_flush_runtime(); }
    echo json_encode([$closure, $ok]);
  `;
  expect(await php(editions + code)).toEqual([[true, 1], true]);
});
