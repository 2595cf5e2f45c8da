import { refusal } from '../../output/errors.js';

/** The server that a dump is for: which conditional comments count depends on it. */
export interface ServerVersion {
  readonly kind: 'mariadb' | 'mysql';
  /** As in conditional comments: 101119 for 10.11.19. */
  readonly number: number;
}

/** What a server would be asked, without comments; conditional ones that count are part of it. */
export interface Statement {
  readonly bytes: Buffer;
  /** Where it begins in the dump. */
  readonly offset: number;
}

export interface DumpRemarks {
  readonly dumper: string | undefined;
  /** The version of the server that it was made on. */
  readonly server: string | undefined;
  /** Whether what programs write at the end is there: a closing remark, or settings as they were before. */
  readonly isComplete: boolean;
}

/** Other programs than these write nothing at the end that could be missing. */
export const isCutOff = ({ dumper, isComplete }: DumpRemarks): boolean => dumper !== undefined && !isComplete;

/** What is looked through at once. */
const leastBytes = 1024 * 1024;
/** More than the server takes at once. */
const mostBytes = 250 * 1024 * 1024;

enum Byte {
  Newline = 10,
  Space = 32,
  DoubleQuote = 34,
  Hash = 35,
  Quote = 39,
  Star = 42,
  Dash = 45,
  Slash = 47,
  Backslash = 92,
  Backtick = 96,
}

/**
 * Splits a dump into statements as a client does: by the delimiter, but not in strings, names and comments; with
 * the client's command DELIMITER. Other commands of a client are not known here: what begins with a backslash stays in
 * the text, and no server takes it. Memory: the longest statement.
 * @throws refusal `statement-too-large`; `dump-cut-off` if it ends in the middle of a string or comment
 */
export class StatementSplitter {
  #pending: Buffer = Buffer.alloc(0);
  /** What has come and is not looked at yet. */
  #chunks: Buffer[] = [];
  #chunked = 0;
  /** Of the bytes that are pending, how many have been looked at. */
  #at = 0;
  /** Where the pending bytes begin in the dump. */
  #offset = 0;
  #delimiter = Buffer.from(';');
  /** Whether a conditional comment that counts is open. */
  #inConditional = false;
  /** Parts of the pending statement that the server does not see. */
  #holes: [from: number, to: number][] = [];

  #remarks: DumpRemarks = { dumper: undefined, server: undefined, isComplete: false };

  /** @param least how many bytes are looked through at once, at least. Default 1 MB */
  constructor(
    private readonly server: ServerVersion,
    private readonly least = leastBytes,
  ) {}

  /** Remarks of the program that made the dump, as far as they are understood. */
  get remarks(): DumpRemarks {
    return this.#remarks;
  }

  /** @returns the statements that have come to their end */
  *push(chunk: Buffer): Generator<Statement> {
    this.#chunks.push(chunk);
    this.#chunked += chunk.length;
    // A long string is looked through anew with each part of it: the parts grow with it, so that this costs little.
    if (this.#chunked >= Math.max(this.least, this.#pending.length)) yield* this.#absorb(false);
  }

  /** What is left without a delimiter at the end. */
  *end(): Generator<Statement> {
    yield* this.#absorb(true);
    if (this.#at < this.#pending.length) throw cutOff(this.#offset);
    const last = this.#take(this.#pending.length, this.#pending.length);
    if (last) yield last;
  }

  *#absorb(isEnd: boolean): Generator<Statement> {
    const parts = this.#pending.length === 0 ? this.#chunks : [this.#pending, ...this.#chunks];
    const [only] = parts;
    this.#pending = parts.length === 1 && only ? only : Buffer.concat(parts);
    this.#chunks = [];
    this.#chunked = 0;
    yield* this.#scan(isEnd);
    if (this.#pending.length > mostBytes) throw tooLarge(this.#offset);
  }

  *#scan(isEnd: boolean): Generator<Statement> {
    for (;;) {
      const { length } = this.#pending;
      const next = this.#step(isEnd);
      if (next === undefined) return;
      if (next === 'delimiter') {
        const end = this.#at;
        const statement = this.#take(end, end + this.#delimiter.length);
        if (statement) yield statement;
      } else this.#at = next;
      if (this.#at >= length && this.#pending.length === length) return;
    }
  }

  /** Goes on to the next place of interest. @returns where; undefined: more bytes are needed to tell */
  #step(isEnd: boolean): number | 'delimiter' | undefined {
    const bytes = this.#pending;
    const { length } = bytes;
    const first = this.#delimiter[0] as number;
    let at = this.#at;
    for (; at < length; at++) {
      const byte = bytes[at] as number;
      // Letters, digits and most of what stands between strings.
      if (byte > 47 && byte !== first && byte !== Byte.Backtick && byte !== 68 && byte !== 100) continue;
      if (byte === Byte.Quote || byte === Byte.DoubleQuote || byte === Byte.Backtick) {
        const end = endOfQuoted(bytes, at);
        if (end === undefined) return this.#wait(at);
        return end;
      }
      if (byte === first && !this.#inConditional) {
        if (at + this.#delimiter.length > length && !isEnd) return this.#wait(at);
        if (bytes.subarray(at, at + this.#delimiter.length).equals(this.#delimiter)) {
          this.#at = at;
          return 'delimiter';
        }
      }
      if (byte === Byte.Slash || byte === Byte.Dash || byte === Byte.Hash || byte === Byte.Star) {
        const found = this.#comment(at, isEnd);
        if (found === 'none') continue;
        return found === undefined ? this.#wait(at) : found;
      }
      if ((byte === 68 || byte === 100) && this.#isAtStart(at)) {
        const found = this.#delimiterCommand(at, isEnd);
        if (found === 'none') continue;
        return found === undefined ? this.#wait(at) : found;
      }
    }
    return at;
  }

  #wait(at: number): undefined {
    this.#at = at;
    return undefined;
  }

  /** @returns where it ends; `none`: it is no comment; undefined: that cannot be told yet */
  #comment(at: number, isEnd: boolean): number | 'none' | undefined {
    const bytes = this.#pending;
    if (at + 10 > bytes.length && !isEnd) return undefined;
    const [byte, next] = [bytes[at], bytes[at + 1]];
    if (byte === Byte.Star) {
      if (!this.#inConditional || next !== Byte.Slash) return 'none';
      this.#inConditional = false;
      return this.#hole(at, at + 2);
    }
    if (
      byte === Byte.Hash ||
      (byte === Byte.Dash && next === Byte.Dash && (bytes[at + 2] ?? Byte.Space) <= Byte.Space)
    ) {
      const end = bytes.indexOf(Byte.Newline, at);
      if (end < 0 && !isEnd) return undefined;
      this.#remember(bytes.toString('latin1', at, Math.min(end < 0 ? bytes.length : end, at + 200)));
      return this.#hole(at, end < 0 ? bytes.length : end);
    }
    if (byte !== Byte.Slash || next !== Byte.Star) return 'none';
    const opener = /^\/\*(M?)!(\d{5,6})?/.exec(bytes.toString('latin1', at, at + 10));
    if (opener && this.#counts(opener[1] === 'M', opener[2])) {
      this.#inConditional = true;
      return this.#hole(at, at + opener[0].length);
    }
    const end = bytes.indexOf('*/', at + 2);
    return end < 0 ? undefined : this.#hole(at, end + 2);
  }

  #remember(comment: string): void {
    const dumper = /^-- (MySQL dump|MariaDB dump|phpMyAdmin SQL Dump)/.exec(comment)?.[1];
    const server = /^-- (?:Server version|Server-Version|Version du serveur)\s*:?\s*(\S+)/.exec(comment)?.[1];
    if (dumper) this.#remarks = { ...this.#remarks, dumper };
    if (server) this.#remarks = { ...this.#remarks, server };
    if (/^-- Dump completed/.test(comment)) this.#remarks = { ...this.#remarks, isComplete: true };
  }

  /** As the servers decide it: MariaDB takes no notice of what is for MySQL 5.7 alone. */
  #counts(isForMariadb: boolean, version: string | undefined): boolean {
    const { kind, number } = this.server;
    if (isForMariadb && kind !== 'mariadb') return false;
    if (version === undefined) return true;
    const wanted = Number(version);
    if (kind === 'mariadb' && !isForMariadb && wanted >= 50_700 && wanted <= 50_999) return false;
    return wanted <= number;
  }

  /** `DELIMITER ;;` on a line of its own is for the client. */
  #delimiterCommand(at: number, isEnd: boolean): number | 'none' | undefined {
    const bytes = this.#pending;
    if (at + 10 > bytes.length && !isEnd) return undefined;
    if (!/^delimiter[ \t]/i.test(bytes.toString('latin1', at, at + 10))) return 'none';
    const newline = bytes.indexOf(Byte.Newline, at);
    if (newline < 0 && !isEnd) return undefined;
    const end = newline < 0 ? bytes.length : newline;
    const delimiter = bytes.toString('latin1', at + 10, end).trim();
    if (delimiter !== '') this.#delimiter = Buffer.from(delimiter, 'latin1');
    return this.#hole(at, end);
  }

  /** Whether nothing but comments and space stands before it in its statement. */
  #isAtStart(at: number): boolean {
    let from = 0;
    for (const [start, end] of this.#holes) {
      if (!isBlank(this.#pending, from, start)) return false;
      from = end;
    }
    return isBlank(this.#pending, from, at);
  }

  #hole(from: number, to: number): number {
    this.#holes.push([from, to]);
    return to;
  }

  /** Takes the statement that ends at `end` out of what is pending, which then begins at `next`. */
  #take(end: number, next: number): Statement | undefined {
    const parts: Buffer[] = [];
    let from = 0;
    for (const [start, to] of this.#holes) {
      if (start > from) parts.push(this.#pending.subarray(from, start), space);
      from = to;
    }
    parts.push(this.#pending.subarray(from, end));
    const [only] = parts;
    const bytes = trimmed(parts.length === 1 && only ? only : Buffer.concat(parts));
    const offset = this.#offset;
    this.#pending = this.#pending.subarray(next);
    this.#offset += next;
    this.#at = 0;
    this.#holes = [];
    this.#inConditional = false;
    return bytes.length === 0 ? undefined : { bytes, offset };
  }
}

const space = Buffer.from(' ');

/** Behind the quote that ends what begins at `at`. A doubled one ends it and begins it again. */
function endOfQuoted(bytes: Buffer, at: number): number | undefined {
  const quote = bytes[at] as number;
  const escapes = quote !== Byte.Backtick;
  for (let i = at + 1; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === quote) return i + 1;
    if (byte === Byte.Backslash && escapes) i++;
  }
  return undefined;
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if ((bytes[i] as number) > Byte.Space) return isByteOrderMark(bytes, i, to);
  return true;
}

const isByteOrderMark = (bytes: Buffer, from: number, to: number) =>
  bytes.subarray(from, from + 3).equals(byteOrderMark) && isBlank(bytes, from + 3, to);
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

function trimmed(bytes: Buffer): Buffer {
  let from = 0;
  let to = bytes.length;
  while (from < to && (bytes[from] as number) <= Byte.Space) from++;
  if (bytes.subarray(from, from + 3).equals(byteOrderMark)) return trimmed(bytes.subarray(from + 3, to));
  while (to > from && (bytes[to - 1] as number) <= Byte.Space) to--;
  return bytes.subarray(from, to);
}

const tooLarge = (offset: number) =>
  refusal({
    code: 'statement-too-large',
    message: `The statement at byte ${offset} of the dump is longer than ${mostBytes / 1024 / 1024} MB, more than the server takes at once.`,
    remedy: 'Dump again without --max-allowed-packet or --net-buffer-length above the defaults.',
  });

const cutOff = (offset: number) =>
  refusal({
    code: 'dump-cut-off',
    message: `The dump ends in the middle of the statement that begins at its byte ${offset}: it is not complete.`,
    remedy: 'Dump again, and see that the program that dumps ends without an error.',
  });
