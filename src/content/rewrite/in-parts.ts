/** What one statement reads and another writes, at most, unless a single value is larger. */
const mostBytes = 4 * 1024 * 1024;

/** Splits what was found so that each part is small enough to be held at once. */
export function* inParts<T extends { readonly bytes: number }>(found: readonly T[]): Generator<readonly T[]> {
  let part: T[] = [];
  let bytes = 0;
  for (const each of found) {
    if (part.length > 0 && bytes + each.bytes > mostBytes) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(each);
    bytes += each.bytes;
  }
  if (part.length > 0) yield part;
}
