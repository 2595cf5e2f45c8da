import { UnderstudyError } from '../output/errors.js';
import type { EnvironmentName } from '../site/schema.js';
import type { Edition, InstanceId, ServerId } from './edition.js';

export type InstanceState = 'starting' | 'healthy' | 'unhealthy' | 'draining' | 'stopped';

export interface Instance {
  readonly id: InstanceId;
  readonly environment: EnvironmentName;
  readonly zone: string;
  readonly state: InstanceState;
  /** The edition that it serves; undefined in dev, and in prod before the first promotion. */
  readonly edition: number | undefined;
  /** Where the instance itself answers HTTP, without the balancer: what it serves. */
  readonly origin: string;
  /** The same for the edition that is prepared but not yet switched to. */
  readonly previewOrigin: string;
}

/** A hold on dev's instances. It ends by itself when its time is up, and when the process that asked for it does. */
export interface Hold {
  release(): Promise<void>;
}

/** The web instances of an environment. Every call has a deadline of its own and may be repeated. */
export interface Fleet {
  instances(environment: EnvironmentName): Promise<readonly Instance[]>;
  /**
   * Makes an edition ready on an instance: unpacked, verified against the manifest, reachable at `previewOrigin`.
   * @throws code `release-damaged` if a file differs from the manifest; `disk-full`
   */
  prepare(instance: InstanceId, edition: Edition, signal?: AbortSignal): Promise<void>;
  /**
   * Names what an edition is made with beside its release: prod's own configuration, as the definition that was last
   * applied says it. It reaches an instance only with a new edition.
   */
  configuration(): Promise<string>;
  /** Rewrites which replicas may answer for an edition that is already on the instance. */
  revise(instance: InstanceId, edition: Edition): Promise<void>;
  /**
   * Switches all of them to an edition that is prepared on each (0: to none), at one agreed moment.
   * @returns between the first and the last of them, in ms
   */
  switch(instances: readonly InstanceId[], edition: number): Promise<{ readonly spreadMs: number }>;
  /**
   * Hashes every file of an edition on an instance again.
   * @returns the SHA-256 of the manifest that they were compared with: the hash of the release
   * @throws code `release-damaged`, naming what differs
   */
  verify(instance: InstanceId, edition: number, signal?: AbortSignal): Promise<string>;
  /** What promotions have left on prod's instances beside one edition, in words. Empty when there is nothing. */
  leftovers(edition: number): Promise<readonly string[]>;
  /** Removes every edition that is not named. */
  prune(instance: InstanceId, keep: readonly number[]): Promise<void>;
  /** Starts PHP anew behind a drain: OPcache fills up with editions and never empties itself. */
  refresh(instance: InstanceId): Promise<void>;
  /**
   * Lets the requests of dev's instances end, and gives them no others, nor scheduled jobs, until it is released or
   * `forMs` are over. Prod is not touched.
   * @throws code `dev-busy` if they do not end within seconds; nothing is held then
   */
  holdDev(forMs: number, signal: AbortSignal): Promise<Hold>;
  /** Boots an instance that nobody is routed to. Ends with `dismissCanary`; one that is there is used again. */
  bootCanary(): Promise<Instance>;
  dismissCanary(): Promise<void>;
}

/** What `holdDev` throws. */
export const devIsBusy = (cause: unknown) =>
  new UnderstudyError({
    code: 'dev-busy',
    message: 'Requests to dev do not end, so dev cannot be held.',
    remedy: 'Promote again when dev is less busy, or without --freeze.',
    cause,
  });

/** Which replicas answer for steady traffic, and how much of it each. */
export interface Routing {
  weights(): Promise<Readonly<Record<ServerId, number>>>;
  /** 0 takes the replica out; connections that are open stay until they end. */
  setWeight(replica: ServerId, weight: number): Promise<void>;
}
