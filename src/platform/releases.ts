import type { Edition } from './edition.js';

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

/** Immutable releases, and the record of what prod serves. */
export interface ReleaseStore {
  list(): Promise<readonly Release[]>;
  /** The edition that prod is to serve; undefined before the first promotion. An instance that boots goes there. */
  currentEdition(): Promise<Edition | undefined>;
  /** Durable when it returns. */
  setCurrentEdition(edition: Edition | undefined): Promise<void>;
  remove(release: number): Promise<void>;
}
