const longest = 32;

/**
 * A value as an error may show it: short, and never the whole of something that may be secret. Options and
 * constants hold keys and passwords; of them, and of whatever is named like a secret, only the type is told.
 */
export function shown(value: unknown, path: readonly PropertyKey[]): string {
  if (typeof value === 'string') return mayBeSecret(path) ? 'a text that is not shown' : quoted(value);
  if (typeof value === 'number') return mayBeSecret(path) ? 'a number' : String(value);
  if (typeof value === 'bigint') return 'a bigint';
  if (typeof value === 'boolean' || value === null || value === undefined) return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (value instanceof Promise) return 'a promise';
  if (value instanceof Date) return 'a Date';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  return 'an object';
}

function mayBeSecret(path: readonly PropertyKey[]): boolean {
  return path.some((part) => /^(options|constants)$|pass|secret|token|salt|credential|key$/i.test(String(part)));
}

function quoted(text: string): string {
  const masked = text.replace(/\/\/[^/@\s]*@/g, '//***@');
  return masked.length <= longest
    ? JSON.stringify(masked)
    : `${JSON.stringify(masked.slice(0, longest - 8))}… (${text.length} characters)`;
}
