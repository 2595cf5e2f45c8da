/** What stood at a path when a folder was walked. */
export type TreeEntry = TreeFile | TreeLink | TreeFolder;

export interface TreeFile {
  readonly type: 'f';
  /** Bytes. */
  readonly size: number;
  /** For its owner. */
  readonly executable: boolean;
  /** Size, modification, inode change (both in ns) and inode: while these stay, so does the content. */
  readonly identity: string;
  /** Milliseconds since 1970, with fractions. */
  readonly modifiedMs: number;
  /** When content or inode last changed, by the file system's clock; nobody can set it back. */
  readonly changedMs: number;
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

/** The paths at which two walks of a folder did not find the same, sorted. */
export function treeDifferences(a: Tree, b: Tree): string[] {
  const paths: string[] = [];
  for (const [path, entry] of a) if (!isSame(entry, b.get(path))) paths.push(path);
  for (const path of b.keys()) if (!a.has(path)) paths.push(path);
  return paths.sort();
}

function isSame(a: TreeEntry, b: TreeEntry | undefined): boolean {
  if (a.type === 'f') return b?.type === 'f' && a.identity === b.identity && a.executable === b.executable;
  if (a.type === 'l') return b?.type === 'l' && a.target === b.target;
  return b?.type === 'd';
}
