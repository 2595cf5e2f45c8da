/** What PHP logged while it made one page. */
export interface PageLog {
  /** Errors that end a page, wherever it stands by then. */
  readonly fatal: readonly string[];
  /** Warnings, notices, and statements that the database refused. Deprecations are not among them. */
  readonly warnings: readonly string[];
}

const entry = /^\[[^\]]+\] (?:PHP ([A-Z][A-Za-z ]+?): {1,2}|(WordPress database error) )(.*)$/;
const fatalLevels = new Set(['Fatal error', 'Parse error', 'Core error', 'Compile error', 'Recoverable fatal error']);

/** Lines that belong to an entry above them (stack traces), and what an application logs by itself, are left out. */
export function parsePageLog(text: string): PageLog {
  const fatal: string[] = [];
  const warnings: string[] = [];
  for (const line of text.split('\n')) {
    const [, level, database, message = ''] = entry.exec(line) ?? [];
    const name = level ?? database;
    if (name === undefined || name === 'Deprecated') continue;
    const told = `${name}: ${message}`.replace(/(?:\/[^\s:]*)?\/editions\/\d+\//g, '').slice(0, 500);
    (fatalLevels.has(name) ? fatal : warnings).push(told);
  }
  return { fatal, warnings };
}

/**
 * Warnings that the new edition logs for a page and the present one does not. The same warning at another line of its
 * file is the same: code above it may have changed.
 */
export function newWarnings(now: PageLog | undefined, next: PageLog): readonly string[] {
  const known = new Set(now?.warnings.map(withoutLine));
  return next.warnings.filter((warning) => !known.has(withoutLine(warning)));
}

const withoutLine = (warning: string) => warning.replace(/(?: on line |:)\d+$/, '');
