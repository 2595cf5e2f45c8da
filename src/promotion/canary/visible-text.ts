/**
 * What a visitor reads of a page, a feed or a sitemap: the text between tags, piece by piece. Scripts, styles,
 * comments and attributes are left out, and with them nonces, cache busters and the time that a page took.
 */
export function visibleText(body: string): readonly string[] {
  return body
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, '$1')
    .replace(/<!--[\s\S]*?-->/g, ' ')
    .replace(/<(script|style|noscript|template|svg)\b[\s\S]*?<\/\1\s*>/gi, '\n')
    .split(/<[^<>]*>/)
    .map((piece) => withoutEntities(piece).replace(/\s+/g, ' ').trim())
    .filter((piece) => piece !== '');
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Feeds hold HTML with its entities written as entities, so it is done twice. */
function withoutEntities(text: string): string {
  const once = (given: string) =>
    given.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) return named[String(name).toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
  return once(once(text));
}

/**
 * Letters and digits alone, in lower case: themes and WordPress change quotes, dashes, ellipses and spaces on the way
 * to a page. Equal text stays equal.
 */
export const lettersOf = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');

/** The pieces of one list that the other does not have, counting how often each is there. */
export function missingFrom(list: readonly string[], other: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const piece of other) {
    const key = lettersOf(piece);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return list.filter((piece) => {
    const key = lettersOf(piece);
    const left = counts.get(key) ?? 0;
    counts.set(key, left - 1);
    return left <= 0;
  });
}

/** Numbers, dates and times: of comments, of pages, of the moment at which a feed was made. */
export function isNumberOrTime(piece: string): boolean {
  if (!/\p{L}/u.test(piece)) return true;
  return piece.length <= 60 && /\d{1,2}:\d{2}|\b(?:19|20)\d\d\b/.test(piece);
}

/**
 * Text of an author as it should reach a page unchanged: what stands between tags, blocks and shortcodes, if it is
 * long enough to be told from chance. Addresses on a line of their own become embedded players and are left out.
 */
export function ownSentences(content: string): readonly string[] {
  return visibleText(content.replace(/\[[^\]]*\]/g, '<br>')).filter(
    (piece) => !piece.includes('://') && piece.split(' ').length >= 4 && lettersOf(piece).length >= 20,
  );
}
