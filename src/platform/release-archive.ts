import type { Edition } from './edition.js';
import type { Release } from './releases.js';

/** An archive (tar, Zstandard) with contents that came with one release and that later releases use as well. */
export interface Pack {
  /** That of the release that brought it. */
  readonly number: number;
  /** Of the archive itself, in hex. */
  readonly sha256: string;
  /** Bytes of the archive. */
  readonly size: number;
  readonly files: number;
  /** Bytes of the files in it. */
  readonly contentBytes: number;
}

/** A part of a site that carries a version of its own. */
export interface Component {
  /** `core`, `plugins/NAME` or `themes/NAME`. */
  readonly id: string;
  readonly version: string;
  /** The path of the file that states it. */
  readonly file: string;
}

/** A release with what is needed to unpack it and to describe it. */
export interface ReleaseRecord extends Release {
  /** Every pack that its manifest names, by number. */
  readonly packs: readonly Pack[];
  readonly components: readonly Component[];
}

/** Where releases are kept: what making and reading them asks of a platform's storage. */
export interface ReleaseArchive {
  /**
   * A folder on this machine for staging alone: releases are made there before they are added. What lies in it may
   * be lost at any time; then the next staging reads all of dev's files again.
   */
  readonly stagingFolder: string;
  /** Complete releases, the oldest first. */
  list(): Promise<readonly ReleaseRecord[]>;
  /**
   * The text of a release's manifest, checked against the release's hash.
   * @throws code `release-missing`; `release-damaged`
   */
  manifest(release: number): Promise<string>;
  /** Whether a pack is there, with the right size. Its content is neither fetched nor checked. */
  hasPack(pack: Pack): Promise<boolean>;
  /**
   * The path of a pack on this machine, fetched if need be. Its content is not checked.
   * @throws code `release-damaged` if it is missing or of another size
   */
  packFile(pack: Pack, signal?: AbortSignal): Promise<string>;
  /** The number for a new release: durably taken when it returns, and not given again whatever happens. */
  claimNumber(): Promise<number>;
  /** Takes over a finished pack from the staging folder. Durable when it returns. */
  addPack(pack: Pack, file: string): Promise<void>;
  /** Adds a release whose packs are all added: from then on it is there, wholly. Durable when it returns. */
  addRelease(record: ReleaseRecord, manifest: string): Promise<void>;
  /** Removes a release and the packs that no other one needs. One that is not there is not an error. */
  remove(release: number): Promise<void>;
  /** Removes what a crash left behind: half-made releases, packs that no release names. */
  sweep(): Promise<void>;
  currentEdition(): Promise<Edition | undefined>;
  /** Durable when it returns. */
  setCurrentEdition(edition: Edition | undefined): Promise<void>;
}
