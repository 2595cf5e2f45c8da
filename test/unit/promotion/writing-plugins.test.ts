import { expect, it } from 'vitest';
import { writingPlugins } from '../../../src/promotion/writing-plugins.js';

it('shops, forms and memberships are found among the active plugins', () => {
  const active =
    'a:4:{i:0;s:19:"akismet/akismet.php";i:1;s:36:"contact-form-7/wp-contact-form-7.php";i:2;s:9:"hello.php";i:3;s:27:"woocommerce/woocommerce.php";}';
  expect(writingPlugins(active)).toEqual([
    { name: 'woocommerce', kind: 'a shop' },
    { name: 'contact-form-7', kind: 'a form' },
  ]);
});

it('an option that is missing or broken names no plugin', () => {
  expect(writingPlugins('')).toEqual([]);
  expect(writingPlugins('b:0;')).toEqual([]);
});
