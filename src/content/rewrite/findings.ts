import type { ByteText } from './byte-text.js';
import { toUtf8 } from './byte-text.js';
import type { LeftReason, Rewritten } from './rewritten.js';

/** Beside what the value itself says: what the database would not take. */
export type PlaceReason = LeftReason | 'duplicate-key' | 'too-long' | 'refused-by-database';

export interface Example {
  /** Names the row: its key, or its place. */
  readonly row: string;
  readonly before: string;
  readonly after: string;
}

export interface LeftPlace {
  readonly row: string;
  readonly reason: PlaceReason;
}

/** What was found in one column. */
export interface RewrittenColumn {
  readonly table: string;
  readonly column: string;
  /** Values that have changed, or would. */
  readonly values: number;
  readonly addresses: number;
  readonly examples: readonly Example[];
  /** How often an address was left, by reason. */
  readonly left: Readonly<Partial<Record<PlaceReason, number>>>;
  /** The first of them. */
  readonly leftAt: readonly LeftPlace[];
}

const mostExamples = 3;
const mostPlaces = 10;
const contextBytes = 40;
const exampleBytes = 160;

type Growing = { -readonly [Key in keyof RewrittenColumn]: RewrittenColumn[Key] };

/** Collects what is found in the columns of one table. */
export class Findings {
  readonly #columns = new Map<string, Growing>();

  constructor(private readonly table: string) {}

  changed(column: string, row: string, before: ByteText, { text, count }: Rewritten, rows = 1): void {
    const found = this.#of(column);
    found.values += rows;
    found.addresses += count * rows;
    if (found.examples.length < mostExamples) found.examples = [...found.examples, { row, ...excerpts(before, text) }];
  }

  left(column: string, row: string, reasons: readonly PlaceReason[]): void {
    const found = this.#of(column);
    for (const reason of reasons) {
      found.left = { ...found.left, [reason]: (found.left[reason] ?? 0) + 1 };
      if (found.leftAt.length < mostPlaces) found.leftAt = [...found.leftAt, { row, reason }];
    }
  }

  get columns(): readonly RewrittenColumn[] {
    return [...this.#columns.values()];
  }

  #of(column: string): Growing {
    const known = this.#columns.get(column);
    if (known) return known;
    const fresh: Growing = { table: this.table, column, values: 0, addresses: 0, examples: [], left: {}, leftAt: [] };
    this.#columns.set(column, fresh);
    return fresh;
  }
}

/** What stands around the first difference. */
function excerpts(before: ByteText, after: ByteText): { before: string; after: string } {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at++;
  const from = Math.max(0, at - contextBytes);
  return { before: excerpt(before, from), after: excerpt(after, from) };
}

/** A part of a value in one line, for a person. */
export function excerpt(text: ByteText, from: number): string {
  const part = toUtf8(text.slice(from, from + exampleBytes)).replaceAll('\uFFFD', '');
  return `${from > 0 ? '…' : ''}${part.replaceAll(/[\s\p{Cc}]+/gu, ' ')}${from + exampleBytes < text.length ? '…' : ''}`;
}
