import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../src/content/rewrite/address.js';
import { addressRewriter } from '../../../../src/content/rewrite/address-rewriter.js';
import { fromUtf8, toUtf8 } from '../../../../src/content/rewrite/byte-text.js';
import { rewriteValue } from '../../../../src/content/rewrite/rewrite-value.js';

const rewriter = addressRewriter([parseAddress('https://old.example')], parseAddress('https://new.localhost:8443'));
const rewrite = (text: string) => {
  const done = rewriteValue(fromUtf8(text), rewriter);
  return { ...done, text: toUtf8(done.text) };
};
const s = (text: string) => `s:${Buffer.byteLength(text)}:"${text}";`;

describe('serialised values', () => {
  it('have their lengths counted anew, in bytes', () => {
    const { text, count } = rewrite(`a:2:{i:0;${s('é https://old.example/ü')}i:1;${s('x')}}`);
    expect(text).toBe(`a:2:{i:0;${s('é https://new.localhost:8443/ü')}i:1;${s('x')}}`);
    expect(count).toBe(1);
  });

  it('are rewritten inside serialised strings, level by level', () => {
    const nested = (url: string) => s(`a:1:{i:0;${s(`O:8:"stdClass":1:{s:1:"u";${s(url)}}`)}}`);
    expect(rewrite(nested('http://old.example')).text).toBe(nested('https://new.localhost:8443'));
  });

  it('keep references, classes, enums and names of properties as they are', () => {
    const value = (url: string) =>
      `a:4:{i:0;O:7:"A\\B\\Foo":2:{s:19:"https://old.example";i:1;s:6:"\0A\\B\0x";${s(url)}}i:1;r:2;i:2;R:3;i:3;E:11:"Suit:Hearts";}`;
    const { text, count } = rewrite(value('https://old.example/x'));
    expect(text).toBe(value('https://new.localhost:8443/x'));
    expect(count).toBe(1);
  });

  it('of a class with a form of its own are rewritten where that form is serialised data', () => {
    const value = (url: string) => {
      const payload = `x:i:0;a:1:{i:0;${s(url)}};m:a:0:{}`;
      return `C:11:"ArrayObject":${payload.length}:{${payload}}`;
    };
    expect(rewrite(value('https://old.example')).text).toBe(value('https://new.localhost:8443'));
  });

  it('of a class whose form is unknown are left, and said', () => {
    const value = 'a:1:{i:0;C:3:"Foo":23:{19|https://old.example/}}';
    expect(rewrite(value)).toEqual({ text: value, count: 0, left: ['custom-serialised'] });
  });

  it('keep two keys apart that would become one', () => {
    const value = `a:2:{${s('http://old.example')}i:1;${s('https://old.example')}i:2;}`;
    const done = rewrite(value);
    expect(done.text).toBe(`a:2:{${s('https://new.localhost:8443')}i:1;${s('https://old.example')}i:2;}`);
    expect(done.left).toEqual(['key-collision']);
  });

  it('with white space around them keep it', () => {
    expect(rewrite(` \n${s('https://old.example')}\t`).text).toBe(` \n${s('https://new.localhost:8443')}\t`);
  });

  it('in sessions, one behind another, have right lengths', () => {
    const session = (url: string) => `cart|a:1:{i:0;${s(url)}}back|${s(url)}`;
    expect(rewrite(session('https://old.example/a')).text).toBe(session('https://new.localhost:8443/a'));
  });

  it('in a JSON string have right lengths, in the same style of JSON', () => {
    for (const style of [(json: string) => json, (json: string) => json.replaceAll('/', '\\/')]) {
      const json = (url: string) => style(JSON.stringify({ a: [`a:1:{i:0;${s(url)}}`, url, 'ü'] }));
      expect(rewrite(json('https://old.example/ü')).text).toBe(json('https://new.localhost:8443/ü'));
    }
  });

  it('in escaped text that is no JSON are left, and said', () => {
    const text = `INSERT INTO x VALUES ("${s('https://old.example').replaceAll('"', '\\"')}")`;
    expect(rewrite(text)).toEqual({ text, count: 0, left: ['escaped-serialised'] });
  });
});

describe('what claims to be serialised and is broken', () => {
  it.each([
    ['a length that is wrong', 'a:1:{i:0;s:18:"https://old.example";}'],
    ['no end', `a:2:{i:0;${s('https://old.example')}`],
    ['something behind its end', `a:1:{i:0;${s('https://old.example')}}x`],
    ['a reference to nothing', `a:2:{i:0;${s('https://old.example')}i:1;R:9;}`],
    ['more elements promised than there are', `a:99999999999:{i:0;${s('https://old.example')}}`],
    ['lengths counted in characters', 'a:1:{i:0;s:21:"https://old.example/é";}'],
  ])('with %s is left as it is, and said', (_, text) => {
    expect(rewrite(text)).toEqual({ text, count: 0, left: ['broken-serialised'] });
  });

  it('is worth no word where no address is concerned', () => {
    expect(rewrite('a:1:{i:0;s:99:"old.example";}').left).toEqual([]);
  });

  it('is text like any other where it is an example in an article', () => {
    expect(rewrite('<p>Write s:5:"https://old.example";</p>').text).toBe(
      '<p>Write s:5:"https://new.localhost:8443";</p>',
    );
  });
});

describe('very deep data', () => {
  it('is read without an overflow', () => {
    const deep = (url: string) => `${'a:1:{i:0;'.repeat(20_000)}${s(url)}${'}'.repeat(20_000)}`;
    expect(rewrite(deep('https://old.example')).text).toBe(deep('https://new.localhost:8443'));
  });

  it('of strings in strings is given up with a word', () => {
    let text = 'https://old.example';
    for (let level = 0; level < 40; level++) text = s(text);
    expect(rewrite(text)).toEqual({ text, count: 0, left: ['too-deep'] });
  });
});
