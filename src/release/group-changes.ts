import type { Component } from '../platform/release-archive.js';
import type { ChangeGroup, FileChange, FileChanges } from '../platform/releases.js';

/** The parts of a site that are told by themselves, in the order in which they are told. */
const parts: readonly (readonly [pattern: RegExp, id: (name: string) => string])[] = [
  [/^(?:wp-admin|wp-includes)\/|^(?:index|xmlrpc|wp-[a-z-]+)\.php$|^(?:license\.txt|readme\.html)$/, () => 'core'],
  [/^wp-content\/plugins\/([^/]+?)(?:\.php$|\/)/, (name) => `plugins/${name}`],
  [/^wp-content\/themes\/([^/]+)\//, (name) => `themes/${name}`],
  [/^wp-content\/mu-plugins\//, () => 'mu-plugins'],
  [/^wp-content\/languages\//, () => 'languages'],
  [/^/, () => 'other'],
];

/**
 * Tells changes by the parts of a site that people know, with the versions that these state.
 * @param before,after the components of the releases that were compared
 */
export function groupChanges(
  { added, changed, deleted }: FileChanges,
  before: readonly Component[],
  after: readonly Component[],
): readonly ChangeGroup[] {
  const groups = new Map<string, Record<'added' | 'changed' | 'deleted' | 'bytes' | 'order', number>>();
  const count = (kind: 'added' | 'changed' | 'deleted', { path, to }: FileChange) => {
    const { id, order } = partOf(path);
    const group = groups.get(id) ?? { added: 0, changed: 0, deleted: 0, bytes: 0, order };
    group[kind]++;
    group.bytes += to;
    groups.set(id, group);
  };
  for (const change of added) count('added', change);
  for (const change of changed) count('changed', change);
  for (const change of deleted) count('deleted', change);
  const versionIn = (components: readonly Component[], id: string) =>
    components.find((each) => each.id === id)?.version;
  return [...groups]
    .sort(([a, x], [b, y]) => x.order - y.order || (a < b ? -1 : 1))
    .map(([id, { order, ...counts }]) => ({ id, from: versionIn(before, id), to: versionIn(after, id), ...counts }));
}

function partOf(path: string): { id: string; order: number } {
  for (const [order, [pattern, id]] of parts.entries()) {
    const match = pattern.exec(path);
    if (match) return { id: id(match[1] ?? ''), order };
  }
  throw new Error('The last pattern matches everything.');
}
