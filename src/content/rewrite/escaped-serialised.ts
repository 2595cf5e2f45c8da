import type { AddressRewriter } from './address-rewriter.js';
import { type ByteText, fromUtf8, toUtf8 } from './byte-text.js';
import { leave, type Rewritten } from './rewritten.js';

/** `s:20:\"…\";`: a serialised string inside a quoted one. */
const escapedString = /[sS]:\d+:(\\+)"(.*?)\1";/gs;
const jsonString = /"(?:[^"\\]|\\.)*"/gs;

/**
 * Serialised data inside JSON: replacing an address in the escaped text would make lengths wrong, so each string that
 * holds some is decoded, rewritten, and encoded again in the same style.
 * @param inner rewrites what such a string holds
 * @returns undefined if there is none in it that could be concerned: then it is text like any other
 */
export function rewriteEscaped(
  text: ByteText,
  rewriter: AddressRewriter,
  inner: (text: ByteText) => Rewritten,
): Rewritten | undefined {
  if (!holdsEscaped(text, rewriter)) return undefined;
  if (!isJson(text)) return leave(text, rewriter, 'escaped-serialised');
  let count = 0;
  let isStrange = false;
  const left: Rewritten['left'][number][] = [];
  const replaced = text.replace(jsonString, (token) => {
    if (!rewriter.mayContain(token)) return token;
    if (!holdsEscaped(token, rewriter)) {
      const done = rewriter.rewrite(token);
      count += done.count;
      return done.text;
    }
    const style = styleOf(token);
    if (!style) {
      isStrange = true;
      return token;
    }
    const done = inner(fromUtf8(JSON.parse(toUtf8(token))));
    count += done.count;
    left.push(...done.left);
    return done.count === 0 ? token : fromUtf8(style(JSON.stringify(toUtf8(done.text))));
  });
  return isStrange ? leave(text, rewriter, 'escaped-serialised') : { text: replaced, count, left };
}

function holdsEscaped(text: ByteText, rewriter: AddressRewriter): boolean {
  return [...text.matchAll(escapedString)].some(
    ([, , content]) => content !== undefined && rewriter.mayContain(content),
  );
}

function isJson(text: ByteText): boolean {
  try {
    JSON.parse(toUtf8(text));
    // What is not UTF-8 would not come back as it was.
    return fromUtf8(toUtf8(text)) === text;
  } catch {
    return false;
  }
}

type Style = (json: string) => string;
const slashes: Style = (json) => json.replaceAll('/', '\\/');
const ascii: Style = (json) =>
  json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const styles: readonly Style[] = [
  (json) => json,
  slashes,
  ascii,
  // PHP's json_encode without flags.
  (json) => ascii(slashes(json)),
];

/** How the string was written: whichever style gives exactly the same text again. */
function styleOf(token: ByteText): Style | undefined {
  const plain = JSON.stringify(JSON.parse(toUtf8(token)));
  return styles.find((style) => style(plain) === toUtf8(token));
}
