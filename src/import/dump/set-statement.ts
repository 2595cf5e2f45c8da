import type { Collations } from './collations.js';
import { isSymbol, isWord, type Token, tokensOf } from './tokens.js';

/** Variables of the session that a dump may set: how its text is to be read. */
const allowed: ReadonlySet<string> = new Set([
  'character_set_client',
  'character_set_results',
  'character_set_connection',
  'collation_connection',
  'time_zone',
  'sql_mode',
  'sql_notes',
  'note_verbosity',
  'unique_checks',
  'foreign_key_checks',
  'sql_quote_show_create',
]);

/** What every dump sets and an import decides itself. `sql_log_bin` would keep the content from the standby. */
const decidedHere: ReadonlySet<string> = new Set([
  'sql_log_bin',
  'autocommit',
  'gtid_purged',
  'default_storage_engine',
  'default_tmp_storage_engine',
  'storage_engine',
  'sql_require_primary_key',
  'innodb_strict_mode',
  'session_track_gtids',
  'max_allowed_packet',
  'default_table_access_method',
]);

/** Character sets in which a byte of a character can look like a quote or a backslash. */
const ambiguous = /^(?:sjis|cp932|gbk|gb2312|gb18030|big5|euckr|ujis|eucjpms|ucs2|utf16|utf16le|utf32)/i;

export type JudgedSet =
  | { readonly kind: 'run'; readonly text: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'left-out' };

/** What of a SET statement is done. It is written anew from what is understood of it. */
export function judgeSet(text: string, collations: Collations): JudgedSet {
  const parts: string[] = [];
  for (const assignment of assignmentsOf(tokensOf(text).slice(1))) {
    const judged = judgeAssignment(assignment, collations);
    if (judged.kind === 'run') parts.push(judged.text);
    else if (judged.kind !== 'nothing') return judged;
  }
  return parts.length === 0 ? { kind: 'nothing' } : { kind: 'run', text: `SET ${parts.join(', ')}` };
}

function assignmentsOf(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isSymbol(token, '(')) depth++;
    if (isSymbol(token, ')')) depth--;
    if (isSymbol(token, ',') && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function judgeAssignment(tokens: readonly Token[], collations: Collations): JudgedSet {
  if (isWord(tokens[0], 'NAMES', 'CHARSET') || (isWord(tokens[0], 'CHARACTER') && isWord(tokens[1], 'SET'))) {
    return judgeNames(tokens, collations);
  }
  const rest = isWord(tokens[0], 'SESSION', 'LOCAL') ? tokens.slice(1) : tokens;
  const [target, sign, ...value] = rest;
  if (!target || !sign || !(isSymbol(sign, '=') || isSymbol(sign, ':='))) return { kind: 'left-out' };
  const isOwn = target.kind === 'variable' && !target.value.startsWith('@@');
  const name = target.value.replace(/^@@(?:session\.|local\.)?/i, '').toLowerCase();
  const isServers = isWord(rest[0], 'GLOBAL', 'PERSIST', 'PERSIST_ONLY') || name.includes('.');
  if (decidedHere.has(name.replace(/^.*\./, ''))) return { kind: 'nothing' };
  if (isServers || (!isOwn && !allowed.has(name))) return { kind: 'left-out' };
  if (value.length !== 1) return { kind: 'left-out' };
  const [given] = value as [Token];
  if (name === 'sql_mode' && /no_backslash_escapes/i.test(given.value)) {
    return { kind: 'refused', why: 'it says that backslashes in it mean themselves (NO_BACKSLASH_ESCAPES)' };
  }
  if (name.startsWith('character_set') && ambiguous.test(given.value)) return ambiguousCharset(given.value);
  return { kind: 'run', text: `${isOwn ? target.value : `SESSION ${name}`} = ${written(given, collations)}` };
}

function judgeNames(tokens: readonly Token[], collations: Collations): JudgedSet {
  const [charset, collate, collation] = tokens.slice(isWord(tokens[0], 'CHARACTER') ? 2 : 1);
  if (!charset) return { kind: 'left-out' };
  if (ambiguous.test(charset.value)) return ambiguousCharset(charset.value);
  const ending = isWord(collate, 'COLLATE') && collation ? ` COLLATE ${written(collation, collations)}` : '';
  return { kind: 'run', text: `NAMES ${written(charset, collations)}${ending}` };
}

const ambiguousCharset = (charset: string): JudgedSet => ({
  kind: 'refused',
  why: `its text is in the character set ${charset}, in which parts of characters look like quotes`,
});

function written(token: Token, collations: Collations): string {
  const value = collations.instead(token.value) ?? token.value;
  if (token.kind === 'text') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return token.kind === 'word' || token.kind === 'variable' ? value : 'NULL';
}
