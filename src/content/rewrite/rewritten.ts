import type { AddressRewriter } from './address-rewriter.js';
import type { ByteText } from './byte-text.js';

/** Why an address was left where it was. */
export type LeftReason =
  /** Claims to be serialised and cannot be read: a length that is wrong, an end that is missing. */
  | 'broken-serialised'
  /** A class has written it in a form of its own (`C:`), which is not known. */
  | 'custom-serialised'
  /** A key of a serialised array, which would become the same as another key of it. */
  | 'key-collision'
  /** Serialised data inside escaped text that is no JSON as PHP or a browser writes it. */
  | 'escaped-serialised'
  /** Serialised data within serialised data, and so on, more than 30 levels. */
  | 'too-deep';

export interface Rewritten {
  /** The same as before if nothing was replaced. */
  readonly text: ByteText;
  /** How many addresses were replaced. */
  readonly count: number;
  /** Once for each place. */
  readonly left: readonly LeftReason[];
}

/** The value as it is. It is only worth a word if an address would have been replaced in it. */
export function leave(value: ByteText, rewriter: AddressRewriter, reason: LeftReason): Rewritten {
  return { text: value, count: 0, left: rewriter.rewrite(value).count > 0 ? [reason] : [] };
}

/** Puts new parts into a text, from its beginning to its end. */
export class Splice {
  readonly #parts: ByteText[] = [];
  readonly #left: LeftReason[] = [];
  #at = 0;
  #count = 0;

  constructor(private readonly text: ByteText) {}

  put(from: number, to: number, part: ByteText, { count, left }: Pick<Rewritten, 'count' | 'left'>): void {
    this.#parts.push(this.text.slice(this.#at, from), part);
    this.#at = to;
    this.#count += count;
    this.#left.push(...left);
  }

  note(left: readonly LeftReason[]): void {
    this.#left.push(...left);
  }

  end(): Rewritten {
    const { text } = this;
    if (this.#count === 0) return { text, count: 0, left: this.#left };
    return { text: [...this.#parts, text.slice(this.#at)].join(''), count: this.#count, left: this.#left };
  }
}
