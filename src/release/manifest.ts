import { createHash } from 'node:crypto';
import { UnderstudyError } from '../output/errors.js';
import { byBytes } from './names.js';
import { type ByPath, PathMap, plainText } from './path-map.js';

export type Mode = '644' | '755';

/** A file of a release. `pack` is the number of the pack that holds its content. */
export interface FileEntry {
  readonly type: 'f';
  readonly path: string;
  /** 755 only if its owner may execute it in dev. */
  readonly mode: Mode;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the content, in hex. */
  readonly hash: string;
  readonly pack: number;
}

/** A symbolic link, whose target is relative and stays inside. */
export interface LinkEntry {
  readonly type: 'l';
  readonly path: string;
  readonly target: string;
}

export interface FolderEntry {
  readonly type: 'd';
  readonly path: string;
}

export type ManifestEntry = FileEntry | LinkEntry | FolderEntry;

/** Everything that a release consists of, ordered by the bytes of the paths. */
export type Manifest = readonly ManifestEntry[];

/** A file of a release to be, before it is known which pack holds it. */
export type DraftFile = Omit<FileEntry, 'pack'>;

export type DraftEntry = DraftFile | LinkEntry | FolderEntry;

const heading = 'understudy-manifest 1';

/** SHA-256 in hex: of a manifest's text, the name of the whole content. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * The text of a manifest, which the release agent of an instance reads: the heading, then a line for each entry,
 * separated by tabs: TYPE MODE SIZE HASH PACK PATH. TYPE is f, l or d; HASH is the target of a link and `-` for a
 * folder; MODE is 755, SIZE 0 and PACK `-` for both. Paths and targets hold no control characters.
 */
export function formatManifest(entries: Iterable<ManifestEntry>): string {
  const fields = new PathMap(plainText);
  for (const entry of entries) fields.set(entry.path, fieldsOf(entry));
  const paths = [...fields.keys()].sort(byBytes);
  const line = (path: string) => `${fields.get(path)}\t${path}\n`;
  const chunks = [`${heading}\n`];
  // In chunks, since 200,000 lines that wait for being joined, each in its parts, would take 100 MB.
  for (let at = 0; at < paths.length; at += 1000) {
    chunks.push(
      paths
        .slice(at, at + 1000)
        .map(line)
        .join(''),
    );
  }
  return chunks.join('');
}

/** All but the path. */
function fieldsOf(entry: ManifestEntry): string {
  if (entry.type === 'd') return 'd\t755\t0\t-\t-';
  if (entry.type === 'l') return `l\t755\t0\t${entry.target}\t-`;
  return `f\t${entry.mode}\t${entry.size}\t${entry.hash}\t${entry.pack}`;
}

/** Entries by their path, in little room. */
export function manifestMap(entries: Iterable<ManifestEntry>): ByPath<ManifestEntry> {
  const map = new PathMap<ManifestEntry>({
    text: fieldsOf,
    value: (text, path) => entryOf(...text.split('\t'), path),
  });
  for (const entry of entries) map.set(entry.path, entry);
  return map;
}

/**
 * Reads a manifest's text, entry by entry, so that one can be searched without being held as objects.
 * @throws code `manifest-unreadable` naming the line
 */
export function* readManifest(text: string): Generator<ManifestEntry> {
  let start = text.indexOf('\n') + 1;
  if (start === 0 || text.slice(0, start - 1) !== heading) throw unreadable(1, `it does not begin with "${heading}"`);
  for (let number = 2; start < text.length; number++) {
    const end = text.indexOf('\n', start);
    if (end < 0) throw unreadable(number, 'it is cut off');
    yield readLine(text.slice(start, end), number);
    start = end + 1;
  }
}

function readLine(text: string, number: number): ManifestEntry {
  const [type, mode, size, hash, pack, path, ...rest] = text.split('\t');
  if (!path || !hash || rest.length > 0) throw unreadable(number, 'it does not have six fields');
  const isFile =
    type === 'f' &&
    (mode === '644' || mode === '755') &&
    /^\d+$/.test(size ?? '') &&
    /^[0-9a-f]{64}$/.test(hash) &&
    /^[1-9]\d*$/.test(pack ?? '');
  if (!isFile && type !== 'd' && type !== 'l') throw unreadable(number, 'a field is not what it should be');
  return entryOf(type, mode, size, hash, pack, path);
}

/** Of the fields of a line, as they were written. */
function entryOf(...[type, mode, size, hash = '', pack, path]: readonly (string | undefined)[]): ManifestEntry {
  const named = { path: path ?? '' };
  if (type === 'd') return { type, ...named };
  if (type === 'l') return { type, ...named, target: hash };
  return { type: 'f', ...named, mode: mode === '755' ? mode : '644', size: Number(size), hash, pack: Number(pack) };
}

function unreadable(number: number, why: string): UnderstudyError {
  return new UnderstudyError({
    code: 'manifest-unreadable',
    message: `Line ${number} of a release's manifest cannot be read: ${why}.`,
    remedy: 'The release is damaged: promote again, which makes a new one.',
  });
}
