import { describe, expect, test } from 'vitest';
import type { RowChange } from '../../../src/content/rows.js';
import { Gathering } from '../../../src/content/wordpress/gather.js';
import { isDerived, isOptionNoise, isTableNoise } from '../../../src/content/wordpress/noise.js';
import { commentAction, postAction } from '../../../src/content/wordpress/status.js';
import { loginOf, titleOf } from '../../../src/content/wordpress/title.js';

describe('what happened to a post, by its status', () => {
  test.each([
    [undefined, 'draft', 'added'],
    [undefined, 'trash', 'noise'],
    [undefined, 'auto-draft', 'noise'],
    ['auto-draft', 'publish', 'added'],
    ['publish', undefined, 'deleted'],
    ['trash', undefined, 'noise'],
    ['trash', 'trash', 'noise'],
    ['publish', 'publish', 'changed'],
    ['draft', 'publish', 'published'],
    ['publish', 'private', 'unpublished'],
    ['draft', 'trash', 'trashed'],
    ['trash', 'draft', 'restored'],
  ])('%s → %s: %s', (before, after, action) => expect(postAction(before, after)).toBe(action));
});

describe('what happened to a comment', () => {
  test.each([
    [undefined, 'spam', 'noise'],
    ['spam', undefined, 'noise'],
    ['spam', 'trash', 'noise'],
    [undefined, '0', 'added'],
    ['1', undefined, 'deleted'],
    ['0', '1', 'published'],
    ['1', 'spam', 'trashed'],
    ['trash', '1', 'restored'],
  ])('%s → %s: %s', (before, after, action) => expect(commentAction(before, after)).toBe(action));
});

describe('noise', () => {
  test.each(['_transient_x', '_site_transient_update_core', 'cron', 'rewrite_rules', 'category_children', 'a.lock'])(
    'the option %s is',
    (name) => expect(isOptionNoise(name)).toBe(true),
  );
  test.each(['blogname', 'my_cron', 'transient_x', 'wp_user_roles', 'active_plugins'])('the option %s is not', (name) =>
    expect(isOptionNoise(name)).toBe(false),
  );
  test('the table of a shop is not, its sessions are', () => {
    expect(['wc_orders', 'woocommerce_sessions', 'actionscheduler_logs'].map(isTableNoise)).toEqual([
      false,
      true,
      true,
    ]);
  });
  test('a count that follows from other rows is, together with content it is not', () => {
    expect(isDerived('posts', ['comment_count'])).toBe(true);
    expect(isDerived('posts', ['comment_count', 'post_title'])).toBe(false);
    expect(isDerived('options', ['option_value'])).toBe(false);
  });
});

describe('titles', () => {
  test('cannot steer a terminal', () => {
    expect(titleOf('a\u001b[31m\u202eb\r\n\tc', '')).toBe('a [31m b c');
  });
  test('are cut between characters', () => {
    expect(titleOf('🎭'.repeat(200), '')).toBe(`${'🎭'.repeat(119)}…`);
  });
  test('that are missing or too large to be read have a stand-in', () => {
    expect([titleOf(null, '#1'), titleOf(' ', '#1'), titleOf({ bytes: 9999, md5: '' }, '#1')]).toEqual([
      '#1',
      '#1',
      '#1',
    ]);
  });
  test('of users are never an address', () => expect(loginOf('someone@example.org', '')).toBe('someone@…'));
});

test('a change of meta never hides what happened to the post itself, whichever comes first', () => {
  const inserted = (table: string, after: Record<string, string | number>): RowChange => ({
    table,
    key: {},
    kind: 'inserted',
    after,
  });
  const post = inserted('posts', { ID: 7, post_title: 'T', post_type: 'page', post_status: 'publish' });
  const meta = inserted('postmeta', { meta_id: 1, post_id: 7, meta_key: 'k' });
  for (const order of [
    [post, meta],
    [meta, post],
  ]) {
    const gathered = new Gathering();
    for (const change of order) gathered.take(change.table, change);
    expect([...gathered.posts]).toEqual([
      ['7', { own: { title: 'T', type: 'page', status: 'publish' }, action: 'added', rows: 2 }],
    ]);
  }
});
