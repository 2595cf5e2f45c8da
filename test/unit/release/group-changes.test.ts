import { expect, test } from 'vitest';
import type { FileChange } from '../../../src/platform/releases.js';
import { groupChanges } from '../../../src/release/group-changes.js';

const files = (...paths: string[]): FileChange[] => paths.map((path) => ({ path, from: 1, to: 1 }));

test('changes are told by core, plugin and theme, with the versions before and after', () => {
  const groups = groupChanges(
    {
      added: files('wp-content/plugins/new/new.php', 'wp-content/plugins/new/a/b.js', 'own.php', 'wp-content/x.txt'),
      changed: files(
        'wp-includes/version.php',
        'index.php',
        'wp-login.php',
        'wp-content/themes/t/style.css',
        'wp-content/plugins/index.php',
      ),
      deleted: files('wp-content/plugins/hello.php', 'wp-content/languages/de_DE.mo', 'wp-content/mu-plugins/m.php'),
    },
    [
      { id: 'core', version: '6.7', file: 'wp-includes/version.php' },
      { id: 'plugins/hello', version: '1.7', file: 'wp-content/plugins/hello.php' },
    ],
    [
      { id: 'core', version: '6.8', file: 'wp-includes/version.php' },
      { id: 'plugins/new', version: '1.0', file: 'wp-content/plugins/new/new.php' },
    ],
  );
  const told = groups.map(({ id, from, to, added, changed, deleted }) =>
    [id, from ?? '', to ?? '', added, changed, deleted].join(' '),
  );
  expect(told).toEqual([
    'core 6.7 6.8 0 3 0',
    'plugins/hello 1.7  0 0 1',
    'plugins/index   0 1 0',
    'plugins/new  1.0 2 0 0',
    'themes/t   0 1 0',
    'mu-plugins   0 0 1',
    'languages   0 0 1',
    'other   2 0 0',
  ]);
  expect(groupChanges({ added: [], changed: [], deleted: [] }, [], [])).toEqual([]);
});
