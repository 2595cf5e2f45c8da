import { unquoted } from './tokens.js';

/** The columns that an INSERT names; undefined: all, in the table's order. */
export function columnsIn(insert: string): readonly string[] | undefined {
  const list = /^[^'"(]*?\(((?:\s*(?:`[^`]*`|[\w$]+)\s*,?)+)\)\s*VALUES?\b/i.exec(insert.slice(0, 4_000))?.[1];
  return list?.split(',').map((name) => name.trim().replaceAll('`', ''));
}

/**
 * The rows of an INSERT, each as the texts of its values; null for NULL. Numbers and other expressions are as they stand.
 */
export function* rowsIn(insert: string): Generator<readonly (string | null)[]> {
  const start = /\bVALUES?\b/i.exec(insert.slice(0, 8_000));
  if (!start) return;
  let row: (string | null)[] = [];
  let depth = 0;
  let from = 0;
  const take = (to: number) => {
    const raw = insert.slice(from, to).trim();
    const text = raw.replace(/^_[a-z0-9]+\s*(?=')/i, '');
    row.push(/^null$/i.test(raw) ? null : text.startsWith("'") || text.startsWith('"') ? unquoted(text) : raw);
  };
  for (let at = start.index + start[0].length; at < insert.length; at++) {
    const char = insert[at];
    if (char === "'" || char === '"') at = endOfText(insert, at);
    else if (char === '(') {
      if (depth++ === 0) {
        row = [];
        from = at + 1;
      }
    } else if (char === ')') {
      if (--depth === 0) {
        take(at);
        yield row;
      }
    } else if (char === ',' && depth === 1) {
      take(at);
      from = at + 1;
    }
  }
}

/** The place of the quote that ends a string. */
function endOfText(text: string, at: number): number {
  const quote = text[at];
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i;
      i++;
    }
  }
  return text.length;
}
