import { expect, test } from 'vitest';
import { mediaPathOf, stagingRules } from '../../../src/release/rules.js';
import { resolveSite } from '../../../src/site/resolve.js';

const wordpress = (excludes: string[] = []) =>
  stagingRules(resolveSite({ name: 'shop', promotion: { excludes } }, '/'));

test("the definition's excludes mean what they mean in .gitignore", () => {
  const { stays } = wordpress(['/build', 'logs/', '*.psd', '!keep.psd', 'docs/**/draft', 'a\\ b']);
  expect(stays('build', true)).toBe(true);
  expect(stays('x/build', true)).toBe(false);
  expect(stays('x/logs', true)).toBe(true);
  expect(stays('x/logs', false)).toBe(false);
  expect(stays('x/a.psd', false)).toBe(true);
  expect(stays('x/keep.psd', false)).toBe(false);
  expect(stays('A.PSD', false)).toBe(false);
  expect(stays('docs/1/2/draft', false)).toBe(true);
  expect(stays('a b', false)).toBe(true);
});

test('an exclude cannot bring back what is always left out', () => {
  const { stays } = wordpress(['!wp-config.php', '!/wp-content/uploads', '!.git', '!*.swp']);
  for (const path of ['wp-config.php', 'wp-content/uploads', '.git', 'a.swp'])
    expect([path, stays(path, false)]).toEqual([path, true]);
});

test('names that look like relative paths or patterns are no trouble', () => {
  const { stays } = wordpress(['*.map']);
  for (const path of ['..', '...', '..a', 'a\\b', '!x', '#x', '[', 'x\u2028y'])
    expect(stays(path, false)).toBe(path === '#x#');
});

test('a generic site leaves out the files of both environments and its media, and none of what is WordPress alone', () => {
  const site = resolveSite(
    {
      name: 'shop',
      app: {
        kind: 'php',
        directory: '.',
        staticFiles: { dev: { 'conf/app.ini': 'dev.ini' }, prod: { 'conf/app.ini': 'prod.ini', 'robots[1].txt': 'r' } },
        mediaPath: 'files/up',
      },
    },
    '/',
  );
  const { stays, provided, updateMarker } = stagingRules(site);
  expect(['conf/app.ini', 'robots[1].txt', 'files/up', '.git'].every((path) => stays(path, false))).toBe(true);
  expect(['robots1.txt', 'wp-config.php', 'wp-content/cache', 'conf'].some((path) => stays(path, true))).toBe(false);
  expect([...provided].sort()).toEqual(['conf/app.ini', 'files/up', 'robots[1].txt']);
  expect(updateMarker).toBeUndefined();
  expect(mediaPathOf(site.app)).toBe('files/up');
});
