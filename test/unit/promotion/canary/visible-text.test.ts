import { describe, expect, it } from 'vitest';
import {
  isNumberOrTime,
  lettersOf,
  missingFrom,
  ownSentences,
  visibleText,
} from '../../../../src/promotion/canary/visible-text.js';

describe('what a visitor reads of a page', () => {
  it.each([
    ['text between tags', '<p>One <b>two</b></p>three', ['One', 'two', 'three']],
    ['no scripts, styles and comments', '<script nonce="a1">x</script><style>y</style><!-- 0.3 s -->z', ['z']],
    ['entities as characters, also those of a feed', '&amp;lt;b&amp;gt; &#8220;a&#x201d;&nbsp;b', ['<b> “a” b']],
    ['the text of a feed', '<title><![CDATA[News & more]]></title>', ['News & more']],
  ])('%s', (_, html, text) => {
    expect(visibleText(html)).toEqual(text);
  });

  it('letters are the same whatever a theme makes of quotes, dashes and spaces', () => {
    expect(lettersOf('“It’s” — a  Test…')).toBe(lettersOf('"It\'s" - a test...'));
    expect(lettersOf('Ärger 日本')).toBe('ärger日本');
  });

  it('pieces are counted: one of two that are alike is missed', () => {
    expect(missingFrom(['a', 'a', 'b'], ['b', 'a'])).toEqual(['a']);
    expect(missingFrom(['a'], ['a', 'a'])).toEqual([]);
  });

  it.each([
    ['(3)', true],
    ['Sun, 22 Nov 2026 18:00:00 +0000', true],
    ['November 22, 2026', true],
    ['Three', false],
    ['In 2026 something happened that takes more than sixty characters to tell', false],
  ])('%s is a number or a time: %s', (piece, is) => {
    expect(isNumberOrTime(piece)).toBe(is);
  });

  it('of what an author wrote, what stands between blocks and shortcodes is asked for', () => {
    const content =
      '<!-- wp:paragraph --><p>A sentence of enough words to be found.</p><!-- /wp:paragraph -->[gallery ids="1"] short https://example.com/a/long/address that would be embedded';
    expect(ownSentences(content)).toEqual(['A sentence of enough words to be found.']);
  });
});
