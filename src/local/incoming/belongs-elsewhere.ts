/** What lies in a WordPress folder and is about the server that it came from, by path below the document root. */
const elsewhere: readonly (readonly [path: RegExp, why: string])[] = [
  [/^wp-config\.php$/, 'its constants are in the report; dev has its own'],
  [/^\.maintenance$/, 'it would keep dev closed'],
  [/^(?:\.user\.ini|php\.ini|php5?\.ini)$/, 'it configures the PHP of the server that it came from'],
  [/^wp-content\/(?:db|object-cache|advanced-cache)\.php$/, 'a cache or database that is not here'],
  [/^wp-content\/cache$/, 'a cache of pages with the old address'],
  [/^wp-content\/debug\.log$/, 'a log'],
  [/^wp-content\/mu-plugins\/understudy(?:\.php)?$/, 'dev has its own'],
];

/** Why a path is left out; undefined: it is part of the site. */
export const whyElsewhere = (path: string): string | undefined =>
  elsewhere.find(([pattern]) => pattern.test(path))?.[1];
