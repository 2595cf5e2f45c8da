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
export type Tree = ReadonlyMap<string, TreeEntry>;

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
