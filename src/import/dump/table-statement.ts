import type { Collations } from './collations.js';
import { type Edit, isSymbol, isWord, nameOf, type Token, tokensOf, withEdits } from './tokens.js';

export interface TableStatement {
  readonly text: string;
  /** The engine that the table was of, where it gets InnoDB in its place. */
  readonly engineBefore: string | undefined;
  /** The same with the engine as it was: where InnoDB cannot hold such a table. */
  readonly withEngineBefore: string | undefined;
}

/** Options that name places on another machine, other servers, or what only another server knows. */
const dropped: ReadonlySet<string> = new Set([
  'CONNECTION',
  'PASSWORD',
  'TABLESPACE',
  'ENCRYPTION',
  'ENCRYPTED',
  'ENCRYPTION_KEY_ID',
  'AUTOEXTEND_SIZE',
  'SECONDARY_ENGINE',
  'TRANSACTIONAL',
  'PAGE_CHECKSUM',
  'INSERT_METHOD',
  'ROW_FORMAT',
]);

/**
 * A statement that makes or alters a table, as this platform takes it: without the name of its schema, with
 * collations that the server has, and of the engine InnoDB, which alone survives a crash and is promoted at one moment.
 * @param schema the dump's name for it
 */
export function tableStatement(text: string, schema: string | undefined, collations: Collations): TableStatement {
  const tokens = tokensOf(text);
  const edits: Edit[] = [];
  const engines: Edit[] = [];
  let engineBefore: string | undefined;
  let depth = 0;
  tokens.forEach((token, index) => {
    if (isSymbol(token, '(')) depth++;
    if (isSymbol(token, ')')) depth--;
    const collation = token.kind === 'word' || token.kind === 'text' ? collations.instead(token.value) : undefined;
    if (collation !== undefined && isCollation(tokens, index)) edits.push({ ...token, by: collation });
    if (isQualifier(tokens, index, schema))
      edits.push({ from: token.from, to: tokens[index + 2]?.from ?? token.to, by: '' });
    if (depth > 0 || index < 2 || token.kind !== 'word') return;
    const option = optionAt(tokens, index);
    if (!option) return;
    const whole = { from: token.from, to: option.value.to };
    if (option.name === 'ENGINE' || option.name === 'TYPE') {
      const engine = option.value.value.replace(/^HEAP$/i, 'MEMORY');
      if (/^innodb$/i.test(engine)) return;
      engineBefore = engine;
      engines.push({ ...whole, by: 'ENGINE=InnoDB' });
    } else if (option.name === 'ROW_FORMAT' && /^(?:dynamic|compressed|default)$/i.test(option.value.value)) return;
    else edits.push({ ...whole, by: '' });
  });
  return {
    text: withEdits(text, [...edits, ...engines]),
    engineBefore,
    withEngineBefore: engineBefore === undefined ? undefined : withEdits(text, edits),
  };
}

const isCollation = (tokens: readonly Token[], index: number) =>
  isWord(tokens[index - 1], 'COLLATE') || (isSymbol(tokens[index - 1], '=') && isWord(tokens[index - 2], 'COLLATE'));

/** The name of the schema before that of a table. */
const isQualifier = (tokens: readonly Token[], index: number, schema: string | undefined) =>
  schema !== undefined &&
  isSymbol(tokens[index + 1], '.') &&
  nameOf(tokens[index])?.toLowerCase() === schema.toLowerCase() &&
  !isSymbol(tokens[index - 1], '.');

/** `ENGINE=MyISAM`, `DATA DIRECTORY '/x'`: an option that is changed or dropped. */
function optionAt(tokens: readonly Token[], index: number): { name: string; value: Token } | undefined {
  const [token, second] = [tokens[index], tokens[index + 1]];
  const word = token?.value.toUpperCase() ?? '';
  const isDirectory = (word === 'DATA' || word === 'INDEX') && isWord(second, 'DIRECTORY');
  const name = isDirectory ? `${word} DIRECTORY` : word;
  if (!isDirectory && word !== 'ENGINE' && word !== 'TYPE' && !dropped.has(word)) return undefined;
  const next = index + (isDirectory ? 2 : 1);
  const hasSign = isSymbol(tokens[next], '=');
  const value = tokens[hasSign ? next + 1 : next];
  // As a name of a column or index it is followed by something else.
  if (!value || value.kind === 'symbol' || (!hasSign && word === 'TYPE')) return undefined;
  return { name, value };
}
