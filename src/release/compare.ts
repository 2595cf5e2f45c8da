import type { FileChange, FileChanges } from '../platform/releases.js';
import { type DraftEntry, type ManifestEntry, manifestMap } from './manifest.js';
import { byBytes } from './names.js';
import type { ByPath } from './path-map.js';

/**
 * What the step from one release to another adds, changes and deletes. Folders are not told: they come and go with
 * what is in them.
 * @param before undefined for nothing
 */
export function compareManifests(
  before: Iterable<ManifestEntry> | undefined,
  after: Iterable<ManifestEntry>,
): FileChanges {
  const old = manifestMap(contentsOf(before ?? []));
  const now = manifestMap(contentsOf(after));
  const added: FileChange[] = [];
  const changed: FileChange[] = [];
  const deleted: FileChange[] = [];
  for (const [path, entry] of now) {
    const previous = old.get(path);
    if (!previous) added.push({ path, from: 0, to: sizeOf(entry) });
    else if (!isSame(previous, entry)) changed.push({ path, from: sizeOf(previous), to: sizeOf(entry) });
  }
  for (const [path, entry] of old) {
    if (!now.has(path)) deleted.push({ path, from: sizeOf(entry), to: 0 });
  }
  return { added: sorted(added), changed: sorted(changed), deleted: sorted(deleted) };
}

/**
 * Whether a release to be has the same folders, links and files with the same content as another, wherever that is
 * packed.
 */
export function sameContent(draft: Iterable<DraftEntry>, release: ByPath<ManifestEntry>): boolean {
  let count = 0;
  for (const entry of draft) {
    if (!isSame(entry, release.get(entry.path))) return false;
    count++;
  }
  return count === release.size;
}

function isSame(a: DraftEntry, b: DraftEntry | undefined): boolean {
  if (a.type === 'f') return b?.type === 'f' && a.hash === b.hash && a.mode === b.mode;
  if (a.type === 'l') return b?.type === 'l' && a.target === b.target;
  return b?.type === 'd';
}

function* contentsOf(manifest: Iterable<ManifestEntry>): Generator<ManifestEntry> {
  for (const entry of manifest) if (entry.type !== 'd') yield entry;
}

function sizeOf(entry: ManifestEntry): number {
  return entry.type === 'f' ? entry.size : 0;
}

function sorted(changes: FileChange[]): FileChange[] {
  return changes.sort((a, b) => byBytes(a.path, b.path));
}
