import { describe, expect, it } from 'vitest';
import { constantsWorthKeeping, isMultisiteConfig, readWpConfig } from '../../../src/import/wp-config.js';

const config = readWpConfig(`<?php
/* define('IN_COMMENT', 1); */
// define( 'ALSO', 2 ); $table_prefix = 'no_';
# define('HASH', 3);
define( 'DB_PASSWORD', 'it\\'s # not // a /* comment' );
define("WP_MEMORY_LIMIT", "256M");
define('WP_POST_REVISIONS', 5 ); define('EMPTY_TRASH_DAYS', -1);
define( 'ACME_API_KEY', 'abc' );
define('AUTH_KEY', 'x'); define('NONCE_SALT', 'y');
define('FROM_ENV', getenv('X')); define('GLUED', "a$b");
define('WP_DEBUG', false);
$table_prefix  = 'shop7_';
if ( ! defined( 'ABSPATH' ) ) { define( 'ABSPATH', __DIR__ . '/' ); }
require_once ABSPATH . 'wp-settings.php';`);

describe('a wp-config.php', () => {
  it('is read without running it', () => {
    expect(config.tablePrefix).toBe('shop7_');
    const values = Object.fromEntries(config.constants.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({
      DB_PASSWORD: "it's # not // a /* comment",
      WP_MEMORY_LIMIT: '256M',
      EMPTY_TRASH_DAYS: -1,
      WP_DEBUG: false,
    });
    expect(values).not.toHaveProperty('IN_COMMENT');
    expect(values).not.toHaveProperty('ALSO');
    expect(values).not.toHaveProperty('HASH');
    expect([values.FROM_ENV, values.GLUED]).toEqual([undefined, undefined]);
  });

  it('names what is worth keeping, and none of the server and its secrets', () => {
    expect(constantsWorthKeeping(config).map(({ name }) => name)).toEqual([
      'WP_MEMORY_LIMIT',
      'WP_POST_REVISIONS',
      'EMPTY_TRASH_DAYS',
      'ACME_API_KEY',
      'FROM_ENV',
      'GLUED',
    ]);
  });

  it('of a network is known as one', () => {
    expect(isMultisiteConfig(config)).toBe(false);
    expect(isMultisiteConfig(readWpConfig("<?php define('MULTISITE', true);"))).toBe(true);
  });
});
