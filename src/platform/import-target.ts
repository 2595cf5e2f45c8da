import type { SqlConnection } from './databases.js';
import type { WorkOptions } from './work.js';

/** A connection for statements that come from elsewhere, byte by byte as they are. */
export interface BytesConnection {
  /**
   * @param statement each character is one byte; what they mean is said by `SET NAMES`
   * @returns how many warnings the server has
   * @throws as `SqlConnection.query` does
   */
  run(statement: string, deadlineMs?: number): Promise<number>;
  /** Rows of a statement of our own, in ASCII; texts as the session's character set has them. */
  rows<Row extends object>(statement: string): Promise<Row[]>;
  /** Breaks it off, whatever is under way; the server ends the statement, and takes back what is not committed. */
  destroy(): void;
}

/** The site's files, as they lie beside dev's document root until they take its place. */
export interface StagedFiles {
  /** The document root that they will be. */
  readonly folder: string;
  /** The text of the site's own wp-config.php; undefined if there was none. */
  readonly wpConfig: string | undefined;
  /** What was left out, and why: `wp-content/object-cache.php: belongs to the server that it came from`. */
  readonly leftOut: readonly string[];
}

/** What an import needs of the platform beside its databases. Every call may be repeated. */
export interface ImportTarget {
  /** The PHP that dev runs on. */
  php(signal: AbortSignal): Promise<{ readonly version: string; readonly extensions: readonly string[] }>;
  /** As the account that may touch nothing but the schema that is filled. */
  connectForLoading(): Promise<BytesConnection>;
  /** The same account, for our own statements in that schema. */
  connectToIncoming(): Promise<SqlConnection>;
  /**
   * Copies a folder, or unpacks an archive, beside dev's document root; nothing of dev changes. What was staged before
   * is removed. With dev's configuration in it, it can take the document root's place.
   * @throws usage `archive-unusable`, `source-unusable`, `not-wordpress`; `disk-full`
   */
  stageFiles(source: string, work: WorkOptions): Promise<StagedFiles>;
  discardStaged(): Promise<void>;
  /** Looks at such files without staging them: a folder where it lies; an archive unpacked aside for as long. */
  lookAtFiles<T>(
    source: string,
    work: WorkOptions,
    look: (files: Omit<StagedFiles, 'leftOut'>) => Promise<T>,
  ): Promise<T>;
  /** Makes WordPress in dev answer that it is being maintained, and waits until nothing of it runs any more. */
  closeDev(work: WorkOptions): Promise<void>;
  /** The staged files become dev's document root; the present one is kept beside it under `keep`. */
  exchangeFiles(keep: string): Promise<void>;
  /** Takes that back. */
  exchangeFilesBack(keep: string): Promise<void>;
  /** Starts PHP anew, which may know other files by the same names, and lets people in. */
  openDev(work: WorkOptions): Promise<void>;
  /** Where what was kept lies. */
  keptFolder(keep: string): string;
}
