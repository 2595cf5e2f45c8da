import type { EnvironmentName } from '../site/schema.js';
import type { Databases, Positions, ReplicationGate } from './databases.js';
import type { ServerId } from './edition.js';
import type { EditionHistory } from './editions.js';
import type { EventLog } from './events.js';
import type { Fleet, Routing } from './fleet.js';
import type { Notifier } from './notifier.js';
import type { ReleaseStore } from './releases.js';
import type { Traffic } from './traffic.js';
import type { WorkOptions } from './work.js';

/** A site's database as a promotion needs it: the primary in dev, and the replicas in prod behind their gates. */
export interface GatedDatabase {
  readonly databases: Databases;
  readonly positions: Positions;
  readonly gate: ReplicationGate;
  readonly routing: Routing;
  /**
   * What a rebuilt replica is a copy of. `replica`: of the other one, at its position. `primary`, on RDS, which copies
   * no replica where it stands: of dev as it is then, so that it can answer for prod from the next promotion on.
   */
  readonly rebuildsFrom: 'replica' | 'primary';
  /**
   * Makes a replica anew, gate closed, while the other one, `from`, keeps serving: see `rebuildsFrom`.
   * @throws code `rebuild-failed`; what was there is gone then, and it must be called again
   */
  rebuild(replica: ServerId, from: ServerId, options: WorkOptions): Promise<void>;
}

/** For whoever only reads where dev stands. */
export type DatedDatabases = Pick<GatedDatabase, 'databases' | 'positions'>;

/** Two directories that all instances of an environment see. */
export interface SharedFiles {
  readonly devDocumentRoot: string;
  /** Where dev's uploads lie below the document root, and where prod's copy of them is. Undefined: it has none. */
  readonly media: { readonly dev: string; readonly prod: string } | undefined;
}

/** A running platform, as the promotion sees it. Which implementation it is, only cli/ knows. */
export interface Platform {
  /** Where people reach an environment, with scheme and, where it is not the usual one, port. */
  readonly urls: Readonly<Record<EnvironmentName, string>>;
  /** Undefined for a site without a database. */
  readonly database: GatedDatabase | undefined;
  readonly fleet: Fleet;
  readonly releases: ReleaseStore;
  readonly editions: EditionHistory;
  readonly files: SharedFiles;
  readonly traffic: Traffic;
  readonly notifier: Notifier;
  readonly events: EventLog;
}
