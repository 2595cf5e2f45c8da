import type { AddressRewriter } from './address-rewriter.js';
import type { ByteText } from './byte-text.js';
import { rewriteEscaped } from './escaped-serialised.js';
import { leave, type Rewritten, Splice } from './rewritten.js';
import { contentOf, looksSerialised, readSerialised, type SerialisedString } from './serialised.js';

const mostLevels = 30;

/**
 * Replaces addresses in a value of a database, in whichever form it is: text, HTML, block markup, JSON, or PHP's
 * serialised format, in which the lengths of strings are counted anew, level by level. Nothing is ever unserialised.
 * What claims to be serialised and cannot be read is left exactly as it is.
 */
export function rewriteValue(value: ByteText, rewriter: AddressRewriter): Rewritten {
  return rewriteAt(value, rewriter, 0);
}

function rewriteAt(value: ByteText, rewriter: AddressRewriter, level: number): Rewritten {
  if (!rewriter.mayContain(value)) return { text: value, count: 0, left: [] };
  if (level > mostLevels) return leave(value, rewriter, 'too-deep');
  // As WordPress does before it looks.
  const start = /^[ \t\n\r\0\v]*/.exec(value)?.[0].length ?? 0;
  const body = value.slice(start).replace(/[ \t\n\r\0\v]+$/, '');
  if (looksSerialised(body)) {
    const done = rewriteSerialised(body, rewriter, level);
    if (!done) return leave(value, rewriter, 'broken-serialised');
    return done.count === 0 ? { ...done, text: value } : { ...done, text: around(value, start, body, done.text) };
  }
  return (
    rewriteEscaped(value, rewriter, (inner) => rewriteAt(inner, rewriter, level + 1)) ??
    rewriteText(value, rewriter, level)
  );
}

const around = (value: ByteText, start: number, body: ByteText, by: ByteText) =>
  value.slice(0, start) + by + value.slice(start + body.length);

/** @returns undefined if PHP would refuse it */
function rewriteSerialised(text: ByteText, rewriter: AddressRewriter, level: number): Rewritten | undefined {
  const strings: SerialisedString[] = [];
  const end = readSerialised(text, 0, (found) => {
    if (rewriter.mayContain(text.slice(found.start, found.end))) strings.push(found);
  });
  if (end !== text.length) return undefined;
  const out = new Splice(text);
  const taken = keysBeside(text, strings);
  for (const found of strings) {
    const before = contentOf(text, found);
    switch (found.role) {
      case 'property':
        break;
      case 'custom': {
        // Most classes serialise a value of theirs there; those of PHP itself put marks between several.
        const done =
          rewriteSerialised(before, rewriter, level + 1) ?? rewriteFragments(before, rewriter, level + 1, true);
        if (done.count === 0) out.note(done.left);
        else out.put(found.head, found.tail, `${done.text.length}:{${done.text}`, done);
        break;
      }
      case 'key': {
        const done = rewriteAt(before, rewriter, level + 1);
        const keys = taken.get(found.container);
        if (done.count > 0 && keys?.has(done.text)) out.note(['key-collision']);
        else {
          keys?.add(done.text);
          putString(out, found, done);
        }
        break;
      }
      default:
        putString(out, found, rewriteAt(before, rewriter, level + 1));
    }
  }
  return out.end();
}

function putString(out: Splice, { head, tail }: SerialisedString, done: Rewritten): void {
  if (done.count === 0) out.note(done.left);
  else out.put(head, tail, `s:${done.text.length}:"${done.text}";`, done);
}

/** The keys of those arrays of which a key may be rewritten: two keys must not become one. */
function keysBeside(text: ByteText, strings: readonly SerialisedString[]): ReadonlyMap<number, Set<ByteText>> {
  const taken = new Map(
    strings.filter(({ role }) => role === 'key').map(({ container }) => [container, new Set<ByteText>()]),
  );
  if (taken.size === 0) return taken;
  readSerialised(text, 0, (found) => {
    if (found.role === 'key') taken.get(found.container)?.add(contentOf(text, found));
  });
  return taken;
}

/** Text of any kind. Serialised strings that stand in it somewhere keep a right length: sessions are kept so. */
function rewriteText(text: ByteText, rewriter: AddressRewriter, level: number): Rewritten {
  if (/[sS]:\d+:"/.test(text)) return rewriteFragments(text, rewriter, level, false);
  return { ...rewriter.rewrite(text), left: [] };
}

const stringHead = /(?<![\w])s:(\d{1,15}):"/g;
const customHead = /(?<!\w)C:\d+:"[\w\\\x80-\xff]+":\d+:\{/;

/**
 * Rewrites the serialised strings in a text of another form, and what stands between them.
 * @param isCustom a class has written it: what is not in such a string must not change its length
 */
function rewriteFragments(text: ByteText, rewriter: AddressRewriter, level: number, isCustom: boolean): Rewritten {
  const reason = isCustom ? 'custom-serialised' : 'broken-serialised';
  if (customHead.test(text)) return leave(text, rewriter, reason);
  const out = new Splice(text);
  let at = 0;
  const between = (until: number): boolean => {
    const done = rewriter.rewrite(text.slice(at, until));
    if (done.count > 0 && isCustom) return false;
    if (done.count > 0) out.put(at, until, done.text, { ...done, left: [] });
    return true;
  };
  stringHead.lastIndex = 0;
  const heads = [...text.matchAll(stringHead)];
  for (const head of heads) {
    if (head.index < at) continue;
    const start = head.index + head[0].length;
    const end = start + Number(head[1]);
    // A length that is not that of what follows: an example in an article, and text like any other.
    if (!text.startsWith('";', end)) continue;
    if (!between(head.index)) return leave(text, rewriter, reason);
    const done = rewriteAt(text.slice(start, end), rewriter, level + 1);
    if (done.count > 0) out.put(head.index, end + 2, `s:${done.text.length}:"${done.text}";`, done);
    else out.note(done.left);
    at = end + 2;
  }
  if (!between(text.length)) return leave(text, rewriter, reason);
  return out.end();
}
