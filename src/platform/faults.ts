import type { EnvironmentName } from '../site/schema.js';

/** What a process is. `other`: it neither answers visitors nor holds data. */
export type PartRole = 'nginx' | 'php-fpm' | 'database' | 'balancer' | 'control-plane' | 'other';

/** One process of the platform, with everything that it has started. */
export interface Part {
  /** Unique: `prod-1.nginx`, `db-1`, `haproxy-2`, `control-plane`. */
  readonly name: string;
  readonly role: PartRole;
  /** The instance or server that it is a part of: `prod-1`, `db-1`. */
  readonly host: string;
  /** Of a web instance. */
  readonly environment: EnvironmentName | undefined;
  /** Undefined for what stands in no zone. */
  readonly zone: string | undefined;
  /** Changes with every start. */
  readonly start: string;
  /** It exists and does nothing. */
  readonly isHung: boolean;
}

/** What runs that nobody may see twice, or at all. */
export interface Census {
  /** Processes that are left of parts that ended, or of parts that nobody has written down. */
  readonly orphans: readonly string[];
  readonly controlPlanes: number;
  /** Runs of dev's scheduled jobs that go on at this moment. */
  readonly cronRunners: number;
}

/** A disk of its own, and a small one, for a database server: what it is to fill up with, nobody else needs. */
export interface SmallDisks {
  /** Why none can be given to this server, in words; undefined: one can. */
  whyNot(server: string): Promise<string | undefined>;
  /** Puts an empty disk in the place of the server's, as when a broken one is exchanged: its data is gone. */
  give(server: string): Promise<void>;
  /** Writes until nothing more goes in. May be repeated, when something has been removed meanwhile. */
  fill(server: string): Promise<void>;
  /** Removes what `fill` has written. */
  clear(server: string): Promise<void>;
  /** Takes the disk away, with everything on it. @returns whether it had one: its data is gone once more then */
  take(server: string): Promise<boolean>;
  /** Who has one now, also by a drill that was cut off. */
  given(): Promise<readonly string[]>;
}

/** Breaks a running platform on purpose, and looks at its processes from outside. */
export interface Faults {
  /** What runs now. A part that has died is missing until it is started again. */
  parts(): Promise<readonly Part[]>;
  /** Ends parts without a chance to clean up, all at the same moment. Those that do not run are left out. */
  kill(names: readonly string[]): Promise<void>;
  /** Asks parts to end by themselves, as a reboot does. */
  terminate(names: readonly string[]): Promise<void>;
  /** Makes parts hang: they exist, hold their connections, and do nothing. */
  hang(names: readonly string[]): Promise<void>;
  /** Lets everything go on that hangs by this program's doing, and still exists. */
  resume(): Promise<void>;
  readonly smallDisks: SmallDisks;
  census(): Promise<Census>;
}
