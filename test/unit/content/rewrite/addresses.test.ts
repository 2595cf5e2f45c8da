import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../src/content/rewrite/address.js';
import { addressRewriter } from '../../../../src/content/rewrite/address-rewriter.js';
import { fromUtf8, toUtf8 } from '../../../../src/content/rewrite/byte-text.js';

const from = (old: string, to = 'https://dev.shop.localhost:8443') => {
  const rewriter = addressRewriter([parseAddress(old)], parseAddress(to));
  return (text: string) => toUtf8(rewriter.rewrite(fromUtf8(text)).text);
};
const rewritten = from('https://www.old-shop.example');

describe('an address in its forms', () => {
  it.each([
    ['plain', 'https://www.old-shop.example/a?b#c', 'https://dev.shop.localhost:8443/a?b#c'],
    ['with the other scheme', 'http://www.old-shop.example', 'https://dev.shop.localhost:8443'],
    ['in capitals', 'HTTPS://WWW.Old-Shop.Example/', 'https://dev.shop.localhost:8443/'],
    ['in JSON', '"https:\\/\\/www.old-shop.example\\/a"', '"https:\\/\\/dev.shop.localhost:8443\\/a"'],
    [
      'in JSON in JSON',
      '\\"https:\\\\\\/\\\\\\/www.old-shop.example',
      '\\"https:\\\\\\/\\\\\\/dev.shop.localhost:8443',
    ],
    ['with escaped slashes', 'https:\\u002f\\u002fwww.old-shop.example', 'https:\\u002f\\u002fdev.shop.localhost:8443'],
    ['without a scheme', 'src="//www.old-shop.example/a.js"', 'src="//dev.shop.localhost:8443/a.js"'],
    ['without a scheme, in JSON', '"\\/\\/www.old-shop.example"', '"\\/\\/dev.shop.localhost:8443"'],
    ['encoded', '?u=https%3A%2F%2Fwww.old-shop.example%2Fa', '?u=https%3A%2F%2Fdev.shop.localhost%3A8443%2Fa'],
    ['encoded twice', 'https%253A%252F%252Fwww.old-shop.example', 'https%253A%252F%252Fdev.shop.localhost%253A8443'],
    ['encoded, without a scheme', '%22%2F%2Fwww.old-shop.example', '%22%2F%2Fdev.shop.localhost%3A8443'],
    ['as entities', 'https&#58;&#x2F;&#x2F;www.old-shop.example', 'https&#58;&#x2F;&#x2F;dev.shop.localhost:8443'],
    ['behind a letter beyond ASCII', 'é https://www.old-shop.example é', 'é https://dev.shop.localhost:8443 é'],
    [
      'in a list of sources',
      'https://www.old-shop.example/a 1x,https://www.old-shop.example/b 2x',
      'https://dev.shop.localhost:8443/a 1x,https://dev.shop.localhost:8443/b 2x',
    ],
  ])('%s', (_, before, after) => {
    expect(rewritten(before)).toBe(after);
  });
});

describe('what is not that address stays', () => {
  it.each([
    'https://www.old-shop.example.com/',
    'https://www.old-shop.examples/',
    'https://www.old-shop.example-2.com',
    'https://www.old-shop.example:8080/',
    'https://www.old-shop.example%3A8080',
    'https://shop.old-shop.example/',
    'https://my-www.old-shop.example/',
    'mail@www.old-shop.example',
    'https://www.old-shop.example@evil.example/',
    'write to www.old-shop.example for more',
    'ftp://www.old-shop.example/',
    'https://cdn.example/https//www.old-shop.example',
    'path//www.old-shop.example',
  ])('%s', (text) => {
    expect(rewritten(text)).toBe(text);
  });
});

describe('an address with a path', () => {
  const blog = from('https://old.example/blog', 'https://new.example');

  it('is replaced as a whole, in every form', () => {
    expect(blog('https://old.example/blog')).toBe('https://new.example');
    expect(blog('https://old.example/blog/a/')).toBe('https://new.example/a/');
    expect(blog('https:\\/\\/old.example\\/blog\\/a')).toBe('https:\\/\\/new.example\\/a');
    expect(blog('https%3A%2F%2Fold.example%2Fblog%2Fa')).toBe('https%3A%2F%2Fnew.example%2Fa');
    expect(blog('https%3A%2F%2Fold.example%2Fblog%26a')).toBe('https%3A%2F%2Fnew.example%26a');
  });

  it('is not the beginning of a longer one', () => {
    for (const text of [
      'https://old.example/blogger',
      'https://old.example/blog-2/',
      'https://old.example/',
      'https%3A%2F%2Fold.example%2Fblog%C3%A9',
    ])
      expect(blog(text)).toBe(text);
  });

  it('takes the form of the text when it is the new one', () => {
    const to = from('https://old.example', 'https://new.example/a/b');
    expect(to('https:\\/\\/old.example\\/c')).toBe('https:\\/\\/new.example\\/a\\/b\\/c');
    expect(to('https%3A%2F%2Fold.example%2Fc')).toBe('https%3A%2F%2Fnew.example%2Fa%2Fb%2Fc');
  });
});

describe('international names', () => {
  const to = from('https://münchen.example', 'https://xn--kln-sna.example');

  it('are found in both spellings, and in block markup', () => {
    expect(to('https://münchen.example/ https://xn--mnchen-3ya.example/')).toBe(
      'https://xn--kln-sna.example/ https://xn--kln-sna.example/',
    );
    expect(to('<!-- wp:image {"url":"https://xn\\u002d\\u002dmnchen-3ya.example/a"} -->')).toBe(
      '<!-- wp:image {"url":"https://xn\\u002d\\u002dkln-sna.example/a"} -->',
    );
  });

  it('never end the comment of a block', () => {
    expect(
      from(
        'https://old.example',
        'https://xn--kln-sna.example',
      )('<!-- wp:a {"u":"https://old.example"} --><p>https://old.example'),
    ).toBe('<!-- wp:a {"u":"https://xn\\u002d\\u002dkln-sna.example"} --><p>https://xn--kln-sna.example');
  });
});

describe('several addresses at once', () => {
  it('become one, each only once', () => {
    const rewriter = addressRewriter(
      ['https://example.com', 'https://www.example.com', 'http://example.com:8080'].map(parseAddress),
      parseAddress('https://dev.example.com'),
    );
    const { text, count } = rewriter.rewrite(
      'http://example.com https://www.example.com/ //example.com:8080/ https://dev.example.com',
    );
    expect(text).toBe('https://dev.example.com https://dev.example.com/ //dev.example.com/ https://dev.example.com');
    expect(count).toBe(3);
  });
});

describe('an address that begins with what it replaces', () => {
  it('is refused', () => {
    expect(() => from('https://a.example', 'https://a.example/new')).toThrow(
      expect.objectContaining({ code: 'rewrites-itself' }),
    );
  });

  it('is fine where only the scheme changes', () => {
    expect(from('http://a.example', 'https://a.example')('http://a.example/x')).toBe('https://a.example/x');
  });
});

describe('what is no address', () => {
  it.each(['old.example', 'ftp://old.example', 'https://user@old.example', 'https://old.example/?a=1', 'https://', ''])(
    '%s is refused',
    (text) => {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'not-an-address' }));
    },
  );
});
