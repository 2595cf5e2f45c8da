import type { ByteText } from './byte-text.js';

/**
 * What a string in serialised data is there for: a value; a key of an array; a property's name; or what a class has
 * written in a form of its own (`C:`).
 */
export type StringRole = 'value' | 'key' | 'property' | 'custom';

/** A string of serialised data, by its places in the text. */
export interface SerialisedString {
  readonly role: StringRole;
  /** Where `s:12:"` begins; of a custom one, its length in bytes. */
  readonly head: number;
  /** Where its bytes begin, and end. */
  readonly start: number;
  readonly end: number;
  /** Behind its `";`; of a custom one, where its bytes end. */
  readonly tail: number;
  /** Written as `S:`, with some bytes as \ and two hexadecimal digits. */
  readonly escaped: boolean;
  /** The number of the array or object that it is directly in; 0 at the top. */
  readonly container: number;
}

/** An array or object that is being read. */
interface Open {
  readonly id: number;
  readonly isObject: boolean;
  /** Keys that are still to come. */
  left: number;
  expectsKey: boolean;
}

const digits = /\d{1,15}/y;
const integer = /[+-]?\d+;/y;
const double = /(?:NAN|-?INF|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?);/y;
const className = /^[\w\\\x80-\xff]+$/;

/**
 * Reads one value of PHP's serialised format, by its grammar and without making anything of it, and tells each string
 * in it, in order. Lengths are counts of bytes. Nothing limits the depth.
 * @param from where it begins
 * @returns where it ends; undefined if PHP would refuse it
 */
export function readSerialised(
  text: ByteText,
  from: number,
  visit: (found: SerialisedString) => void,
): number | undefined {
  let at = from;
  /** Values so far that a reference can point to. */
  let values = 0;
  let containers = 0;
  const open: Open[] = [];

  const number = (end: string): number | undefined => {
    digits.lastIndex = at;
    const found = digits.exec(text)?.[0];
    if (found === undefined || text[at + found.length] !== end) return undefined;
    at += found.length + 1;
    return Number(found);
  };
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    at += found?.[0].length ?? 0;
    return found !== null;
  };
  const take = (literal: string): boolean => {
    if (!text.startsWith(literal, at)) return false;
    at += literal.length;
    return true;
  };
  /** `12:"Vendor\Class"`, up to and with the quote. */
  const named = (pattern: RegExp): boolean => {
    const length = number(':');
    if (length === undefined || !take('"')) return false;
    const name = text.slice(at, at + length);
    at += length;
    return name.length === length && pattern.test(name) && take('"');
  };
  const string = (escaped: boolean, role: StringRole, container: number): boolean => {
    const head = at - 2;
    const length = number(':');
    if (length === undefined || !take('"')) return false;
    const start = at;
    const end = escaped ? endOfEscaped(text, start, length) : start + length;
    if (end === undefined || end > text.length) return false;
    at = end;
    if (!take('";')) return false;
    visit({ role, head, start, end, tail: at, escaped, container });
    return true;
  };
  const enter = (isObject: boolean): boolean => {
    const left = number(':');
    // Each needs a byte at least: what promises more is refused before it is believed.
    if (left === undefined || left > text.length - at || !take('{')) return false;
    open.push({ id: ++containers, isObject, left, expectsKey: true });
    return true;
  };
  const custom = (container: number): boolean => {
    if (!named(className) || !take(':')) return false;
    const head = at;
    const length = number(':');
    if (length === undefined || !take('{')) return false;
    const [start, end] = [at, at + length];
    at = end;
    if (!take('}')) return false;
    // The class may have counted values of its own, which references behind it can point to.
    values = Number.POSITIVE_INFINITY;
    visit({ role: 'custom', head, start, end, tail: end, escaped: false, container });
    return true;
  };
  const reference = (isAlias: boolean): boolean => {
    const to = number(';');
    return to !== undefined && to >= 1 && to <= values && (isAlias || to !== values);
  };
  /** @returns whether it is complete; undefined if it cannot be read */
  const value = (inside: Open | undefined): boolean | undefined => {
    const kind = text.slice(at, at + 2);
    const container = inside?.id ?? 0;
    at += 2;
    if (kind !== 'R:') values++;
    switch (kind) {
      case 'N;':
        return true;
      case 'b:':
        return /[01]/.test(text[at++] ?? '') && take(';') ? true : undefined;
      case 'i:':
        return skip(integer) ? true : undefined;
      case 'd:':
        return skip(double) ? true : undefined;
      case 's:':
      case 'S:':
        return string(kind === 'S:', 'value', container) ? true : undefined;
      case 'a:':
        return enter(false) ? false : undefined;
      case 'O:':
        return named(className) && take(':') && enter(true) ? false : undefined;
      case 'C:':
        return custom(container) ? true : undefined;
      case 'E:':
        return named(/^[\w\\\x80-\xff]+:[\w\x80-\xff]+$/) && take(';') ? true : undefined;
      case 'r:':
      case 'R:':
        return reference(kind === 'R:') ? true : undefined;
      default:
        return undefined;
    }
  };
  const key = ({ id, isObject }: Open): boolean => {
    const kind = text.slice(at, at + 2);
    at += 2;
    if (kind === 'i:') return skip(integer);
    return (kind === 's:' || kind === 'S:') && string(kind === 'S:', isObject ? 'property' : 'key', id);
  };

  for (;;) {
    const inside = open.at(-1);
    let isComplete: boolean | undefined;
    if (inside?.expectsKey && inside.left === 0) {
      if (!take('}')) return undefined;
      open.pop();
      isComplete = true;
    } else if (inside?.expectsKey) {
      if (!key(inside)) return undefined;
      inside.expectsKey = false;
      continue;
    } else {
      isComplete = value(inside);
      if (isComplete === undefined) return undefined;
    }
    if (!isComplete) continue;
    const around = open.at(-1);
    if (!around) return at;
    around.left--;
    around.expectsKey = true;
  }
}

/** Where the text of `length` bytes ends of which some are written as `\5c`. */
function endOfEscaped(text: ByteText, start: number, length: number): number | undefined {
  let at = start;
  for (let left = length; left > 0; left--) {
    if (at >= text.length) return undefined;
    if (text[at] !== '\\') at++;
    else if (/^[0-9a-fA-F]{2}$/.test(text.slice(at + 1, at + 3))) at += 3;
    else return undefined;
  }
  return at;
}

/** The bytes of a string, whichever way it is written. */
export function contentOf(text: ByteText, { start, end, escaped }: SerialisedString): ByteText {
  const content = text.slice(start, end);
  return escaped
    ? content.replace(/\\([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : content;
}

/** Text that claims to be serialised data in which strings can stand. */
export const looksSerialised = (text: ByteText): boolean => /^(?:[sS]:\d+:"|a:\d+:\{|[OC]:\d+:"|E:\d+:")/.test(text);
