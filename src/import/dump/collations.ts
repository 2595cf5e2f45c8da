/**
 * For collations that the server lacks: the nearest ones, best first, by what the name says. Those of MySQL 8 and of
 * newer MariaDB compare by versions of Unicode that are not there; ones without padding are preferred for them, so
 * that keys which differ in trailing spaces stay different.
 */
const nearest: readonly (readonly [pattern: RegExp, candidates: readonly string[]])[] = [
  [/_(?:0900_bin|nopad_bin|bin)$/, ['nopad_bin', 'bin']],
  [/_as_cs(?:_ks)?$/, ['uca1400_nopad_as_cs', '0900_as_cs', 'bin']],
  [/_as_ci$/, ['uca1400_nopad_as_ci', '0900_as_ci', 'unicode_520_ci', 'unicode_ci']],
  [/_(?:0900|nopad)_/, ['uca1400_nopad_ai_ci', 'unicode_520_nopad_ci', '0900_ai_ci', 'unicode_520_ci', 'unicode_ci']],
  [/./, ['uca1400_ai_ci', '0900_ai_ci', 'unicode_520_ci', 'unicode_ci', 'general_ci']],
];

const collationName =
  /^(utf8mb4|utf8mb3|utf8|latin1|ucs2|utf16|utf32|ascii|cp125\d|latin[257])_(?:\w+_)?(?:ci|cs|bin|ks)$/i;

export interface Collations {
  /** What stands for a collation in a statement; undefined: it is none, or the server has it. */
  instead(name: string): string | undefined;
  /** What was replaced so far. */
  readonly replaced: ReadonlyMap<string, string>;
}

/** @param known names of all collations of the server, with their character sets */
export function collationsFor(known: ReadonlySet<string>): Collations {
  const replaced = new Map<string, string>();
  return {
    replaced,
    instead(name) {
      const wanted = name.toLowerCase();
      const charset = collationName.exec(wanted)?.[1];
      if (charset === undefined || known.has(wanted)) return undefined;
      const before = replaced.get(wanted);
      if (before !== undefined) return before;
      const candidates = nearest.find(([pattern]) => pattern.test(wanted))?.[1] ?? [];
      const found = candidates.map((ending) => `${charset}_${ending}`).find((candidate) => known.has(candidate));
      if (found !== undefined) replaced.set(wanted, found);
      return found;
    },
  };
}
