import { expect, test } from 'vitest';
import { mayStateVersion, statedVersion } from '../../../src/release/components.js';

test.each([
  ['wp-includes/version.php', "<?php\n$wp_version = '6.8-RC1';", 'core', '6.8-RC1'],
  ['wp-content/plugins/a-b/main.php', '<?php /*\r\nPlugin Name: A\r\nVersion:   1.2.3  \r\n*/', 'plugins/a-b', '1.2.3'],
  ['wp-content/plugins/hello.php', '<?php\n# Plugin Name: H\n# Version: 1 */ ?>', 'plugins/hello', '1'],
  ['wp-content/themes/t/style.css', '/*\n * Theme Name: T\n * Version: v2\n */', 'themes/t', 'v2'],
])('%s states the version of its component', (path, head, id, version) => {
  expect(statedVersion(path, head)).toEqual({ id, version, file: path });
});

test.each([
  ['wp-content/plugins/a/helper.php', '<?php // Version: 9'],
  ['wp-content/plugins/a/main.php', '<?php /* Plugin Name: A */'],
  ['wp-content/plugins/a/inc/deep.php', '/* Plugin Name: A\nVersion: 1 */'],
  ['wp-content/themes/t/sub/style.css', '/* Version: 1 */'],
  ['wp-includes/version.php', '<?php'],
])('%s states none', (path, head) => {
  expect(statedVersion(path, head)).toBeUndefined();
});

test('only few files are looked into', () => {
  expect(mayStateVersion('index.php')).toBe(false);
  expect(mayStateVersion('wp-content/plugins/a/x.css')).toBe(false);
});
