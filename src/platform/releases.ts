import type { Edition } from './edition.js';
import type { WorkOptions } from './work.js';

export interface Release {
  /** Counts up from 1, never reused. */
  readonly number: number;
  /** SHA-256 of its manifest, in hex: names the whole content. */
  readonly hash: string;
  readonly files: number;
  readonly bytes: number;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface FileChange {
  /** Below the document root, or below the media folder. */
  readonly path: string;
  /** Bytes before and after: 0 where there is nothing, and for symbolic links. */
  readonly from: number;
  readonly to: number;
}

/** Files and symbolic links that differ, each list by path. */
export interface FileChanges {
  readonly added: readonly FileChange[];
  readonly changed: readonly FileChange[];
  readonly deleted: readonly FileChange[];
}

/** The changes in one part of a site. */
export interface ChangeGroup {
  /** `core`, `plugins/NAME`, `themes/NAME`, `mu-plugins`, `languages` or `other`. */
  readonly id: string;
  /** What the part says of itself, before and after; undefined where it says nothing or is not there. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** How many files. */
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
  /** Of what is added and changed, as it will be. */
  readonly bytes: number;
}

export interface ReleaseChanges extends FileChanges {
  /** The same changes by part: core first, what belongs to no part last. */
  readonly groups: readonly ChangeGroup[];
}

/** Immutable releases, and the record of what prod serves. */
export interface ReleaseStore {
  /**
   * Makes a release of what dev's document root holds at one moment; the newest one, if nothing has changed since.
   * Changes nothing in dev or prod.
   * @throws refusals `dev-is-changing` and `not-releasable`, naming the files; `disk-full`; `document-root-missing`;
   *   `locked` while another staging runs; `pack-damaged`; `release-damaged`
   */
  stage(options: WorkOptions): Promise<Release>;
  /**
   * What a release changes against another; against nothing, everything is added.
   * @throws code `release-missing`, `release-damaged`
   */
  compare(from: number | undefined, to: number): Promise<ReleaseChanges>;
  /**
   * Reads a release again, wholly, and compares it with what was recorded when it was made.
   * @throws code `release-missing`, `release-damaged`
   */
  verify(release: number, signal?: AbortSignal): Promise<void>;
  /** Complete releases, the oldest first. */
  list(): Promise<readonly Release[]>;
  /** The edition that prod is to serve; undefined before the first promotion. An instance that boots goes there. */
  currentEdition(): Promise<Edition | undefined>;
  /** Durable when it returns. */
  setCurrentEdition(edition: Edition | undefined): Promise<void>;
  /**
   * Removes a release for good. One that is not there is not an error.
   * @throws code `release-in-use` for the one that the current edition runs
   */
  remove(release: number): Promise<void>;
}
