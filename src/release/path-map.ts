/** What is known of paths, by path: a `Map`, or a `PathMap` where there may be very many. */
export interface ByPath<Value> extends Iterable<readonly [path: string, value: Value]> {
  readonly size: number;
  get(path: string): Value | undefined;
  has(path: string): boolean;
  keys(): Iterable<string>;
}

/** How a value is kept. What `text` writes, `value` reads; 64 KiB of UTF-8 at most. */
export interface Wording<Value> {
  readonly text: (value: Value) => string;
  readonly value: (text: string, path: string) => Value;
}

/** A text that stands for itself. */
export const plainText: Wording<string> = { text: (value) => value, value: (text) => text };

/** 4,096 of them can be addressed: 4 GiB. */
const chunkBytes = 1024 * 1024;
const headBytes = 4;
/** Slots of the table that may be taken before it is doubled: beyond, looking for a free one takes long. */
const fullest = 0.5;

/**
 * A map with paths as keys that keeps everything as bytes outside of JavaScript's heap, each path with its value in one
 * piece: what a file needs is its text and some ten bytes. Objects and strings for each of 200,000 files take ten times
 * as much. What is asked for is made anew each time. Nothing can be removed.
 */
export class PathMap<Value> implements ByPath<Value> {
  readonly #wording: Wording<Value>;
  readonly #chunks: Buffer[] = [];
  /** Bytes of the last chunk that are taken. */
  #used = chunkBytes;
  /** Where each path's piece begins, by the hash of the path; 0 is a free slot. Open addressing. */
  #table = new Uint32Array(1024);
  #size = 0;
  /** Pieces that were set anew elsewhere. */
  #replaced = 0;

  constructor(wording: Wording<Value>) {
    this.#wording = wording;
  }

  get size(): number {
    return this.#size;
  }

  set(path: string, value: Value): void {
    const length = encode(path);
    const slot = this.#slotOf(length);
    const address = this.#append(length, this.#wording.text(value));
    if (this.#table[slot] !== 0) this.#replaced++;
    else this.#size++;
    this.#table[slot] = address + 1;
    if (this.#size > this.#table.length * fullest) this.#grow();
  }

  has(path: string): boolean {
    return this.#table[this.#slotOf(encode(path))] !== 0;
  }

  get(path: string): Value | undefined {
    const found = this.#table[this.#slotOf(encode(path))] ?? 0;
    return found === 0 ? undefined : this.#wording.value(this.#textAt(found - 1), path);
  }

  *keys(): Generator<string> {
    for (const at of this.#pieces()) yield this.#pathAt(at);
  }

  /** In the order in which they were set. */
  *[Symbol.iterator](): Generator<readonly [path: string, value: Value]> {
    for (const at of this.#pieces()) {
      const path = this.#pathAt(at);
      yield [path, this.#wording.value(this.#textAt(at), path)];
    }
  }

  *#pieces(): Generator<number> {
    for (let chunk = 0; chunk < this.#chunks.length; chunk++) {
      const bytes = this.#chunks[chunk] as Buffer;
      // A length of 0 is where a chunk ends: no path is empty.
      for (let at = 0; at + headBytes <= chunkBytes && bytes.readUInt16LE(at) > 0; at += pieceBytes(bytes, at)) {
        const address = chunk * chunkBytes + at;
        if (this.#replaced === 0 || this.#isPresent(address)) yield address;
      }
    }
  }

  #isPresent(address: number): boolean {
    return this.#table[this.#slotOf(encode(this.#pathAt(address)))] === address + 1;
  }

  /** @returns its address. The path is in `scratch`. */
  #append(pathBytes: number, text: string): number {
    const textBytes = Buffer.byteLength(text);
    const needed = headBytes + pathBytes + textBytes;
    if (textBytes > 0xffff) throw new RangeError(`${textBytes} bytes are too many for what is kept of a path.`);
    if (this.#used + needed > chunkBytes) {
      this.#chunks.push(Buffer.alloc(chunkBytes));
      this.#used = 0;
    }
    const bytes = this.#chunks.at(-1) as Buffer;
    const at = this.#used;
    bytes.writeUInt16LE(pathBytes, at);
    bytes.writeUInt16LE(textBytes, at + 2);
    scratch.copy(bytes, at + headBytes, 0, pathBytes);
    bytes.write(text, at + headBytes + pathBytes);
    this.#used += needed;
    return (this.#chunks.length - 1) * chunkBytes + at;
  }

  /** The slot of the path in `scratch`, or the free one that it would get. */
  #slotOf(length: number): number {
    const mask = this.#table.length - 1;
    for (let slot = hashOf(scratch, 0, length) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#table[slot] ?? 0;
      if (found === 0 || this.#isAt(found - 1, length)) return slot;
    }
  }

  #isAt(address: number, length: number): boolean {
    const [bytes, at] = this.#at(address);
    if (bytes.readUInt16LE(at) !== length) return false;
    return scratch.compare(bytes, at + headBytes, at + headBytes + length, 0, length) === 0;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(before.length * 2);
    const mask = this.#table.length - 1;
    for (const found of before) {
      if (found === 0) continue;
      const [bytes, at] = this.#at(found - 1);
      let slot = hashOf(bytes, at + headBytes, bytes.readUInt16LE(at)) & mask;
      while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
      this.#table[slot] = found;
    }
  }

  #at(address: number): readonly [bytes: Buffer, at: number] {
    return [this.#chunks[Math.floor(address / chunkBytes)] as Buffer, address % chunkBytes];
  }

  #pathAt(address: number): string {
    const [bytes, at] = this.#at(address);
    return bytes.toString('utf8', at + headBytes, at + headBytes + bytes.readUInt16LE(at));
  }

  #textAt(address: number): string {
    const [bytes, at] = this.#at(address);
    const start = at + headBytes + bytes.readUInt16LE(at);
    return bytes.toString('utf8', start, start + bytes.readUInt16LE(at + 2));
  }
}

/** The path that is looked for. Linux's longest has 4,096 bytes. */
let scratch = Buffer.alloc(8 * 1024);

function encode(path: string): number {
  // No character has more than three bytes for each UTF-16 unit.
  if (path.length * 3 > scratch.length) scratch = Buffer.alloc(path.length * 3);
  const length = scratch.write(path);
  if (length === 0 || length > 0xffff) throw new RangeError(`A path of ${length} bytes.`);
  return length;
}

function pieceBytes(bytes: Buffer, at: number): number {
  return headBytes + bytes.readUInt16LE(at) + bytes.readUInt16LE(at + 2);
}

/** FNV-1a, of 32 bits. */
function hashOf(bytes: Buffer, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}
