import type { Databases, ReplicationGate } from './databases.js';
import type { Fleet, Routing } from './fleet.js';
import type { ReleaseStore } from './releases.js';

/** Two directories that all instances of an environment see: dev's document root, and prod's media. */
export interface SharedFiles {
  readonly devDocumentRoot: string;
  readonly prodMedia: string;
}

/** A running platform, as the promotion sees it. Which implementation it is, only cli/ knows. */
export interface Platform {
  /** Undefined for a site without a database. */
  readonly databases: Databases | undefined;
  readonly gate: ReplicationGate | undefined;
  readonly routing: Routing;
  readonly fleet: Fleet;
  readonly releases: ReleaseStore;
  readonly files: SharedFiles;
}
