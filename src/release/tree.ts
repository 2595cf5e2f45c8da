import type { ByPath, Wording } from './path-map.js';

/** What stood at a path when a folder was walked. */
export type TreeEntry = TreeFile | TreeLink | TreeFolder;

export interface TreeFile {
  readonly type: 'f';
  /** Bytes. */
  readonly size: number;
  /** For its owner. */
  readonly executable: boolean;
  /**
   * SIZE:MTIME:CTIME:INODE, times in ns: while it stays, so does the content. The time of the inode's change is the
   * file system's own; nobody can set it back.
   */
  readonly identity: string;
}

export interface TreeLink {
  readonly type: 'l';
  /** As it is written in the link. */
  readonly target: string;
}

export interface TreeFolder {
  readonly type: 'd';
}

/** By path: relative, without `./`, no trailing slash. In no order. */
export type Tree = ByPath<TreeEntry>;

/** How an entry is kept in a `PathMap`: the type, whether it is executable, and a file's identity or a link's target. */
export const treeWording: Wording<TreeEntry> = {
  text: (entry) => {
    if (entry.type === 'f') return `f${entry.executable ? 'x' : '-'}${entry.identity}`;
    return entry.type === 'l' ? `l-${entry.target}` : 'd-';
  },
  value: (text) => {
    const [type, rest] = [text[0], text.slice(2)];
    if (type === 'd') return { type };
    if (type === 'l') return { type, target: rest };
    const size = Number(rest.slice(0, rest.indexOf(':')));
    return { type: 'f', size, executable: text[1] === 'x', identity: rest };
  },
};

/** Milliseconds since 1970, with fractions. */
export function modifiedMs({ identity }: Pick<TreeFile, 'identity'>): number {
  return Number(identity.split(':')[1]) / 1e6;
}

/** When content or inode last changed, as `modifiedMs`. */
export function changedMs({ identity }: Pick<TreeFile, 'identity'>): number {
  return Number(identity.split(':')[2]) / 1e6;
}

/** Whether two walks found the same at a path. */
export function isSameEntry(a: TreeEntry, b: TreeEntry | undefined): boolean {
  if (a.type === 'f') return b?.type === 'f' && a.identity === b.identity && a.executable === b.executable;
  if (a.type === 'l') return b?.type === 'l' && a.target === b.target;
  return b?.type === 'd';
}
