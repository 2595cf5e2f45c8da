/** A piece of a statement, by its places in the text. */
export interface Token {
  /** `word`: a keyword, a name without quotes, or a number. `name`: one in backticks. `text`: a string. */
  readonly kind: 'word' | 'name' | 'text' | 'variable' | 'symbol';
  /** Without quotes. */
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

const pattern =
  /\s+|(?<name>`(?:[^`]|``)*`)|(?<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")|(?<variable>@@?(?:[\w$.]+|`[^`]*`)?)|(?<word>[\w$\x80-\xff]+)|(?<symbol>:=|.)/gsy;

/** The tokens of a statement without comments. @param most stop after as many */
export function tokensOf(statement: string, most = Number.POSITIVE_INFINITY): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(statement); match && tokens.length < most; match = pattern.exec(statement)) {
    const [raw] = match;
    const at = { from: match.index, to: match.index + raw.length };
    const { name, text, variable, word, symbol } = match.groups as Partial<Record<Token['kind'], string>>;
    if (name !== undefined) tokens.push({ kind: 'name', value: name.slice(1, -1).replaceAll('``', '`'), ...at });
    else if (text !== undefined) tokens.push({ kind: 'text', value: unquoted(text), ...at });
    else if (variable !== undefined) tokens.push({ kind: 'variable', value: variable, ...at });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word, ...at });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', value: symbol, ...at });
  }
  return tokens;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', b: '\b', Z: '\x1a' };

/** The text that a string stands for. */
export function unquoted(text: string): string {
  const quote = text[0] ?? '';
  return text
    .slice(1, -1)
    .replace(/\\(.)|''|""/gs, (found, escaped?: string) =>
      escaped === undefined ? (found[0] === quote ? quote : found) : (escapes[escaped] ?? escaped),
    );
}

/** Whether a token is one of these keywords. */
export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.value.toUpperCase());

export const isSymbol = (token: Token | undefined, symbol: string): boolean =>
  token?.kind === 'symbol' && token.value === symbol;

/** A name may stand with or without quotes; in ANSI mode, in double ones. */
export const nameOf = (token: Token | undefined): string | undefined =>
  token && (token.kind === 'name' || token.kind === 'word' || token.kind === 'text') ? token.value : undefined;

/** A part of a text that is replaced. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

/** The text with its parts replaced; they must not overlap. */
export function withEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { from, to, by } of [...edits].sort((a, b) => a.from - b.from)) {
    parts.push(text.slice(at, from), by);
    at = to;
  }
  return [...parts, text.slice(at)].join('');
}
