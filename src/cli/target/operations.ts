import type { AccessLogs } from '../../platform/access-logs.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { EditionRecord } from '../../platform/editions.js';
import type { MeantGates } from '../../platform/meant-gates.js';
import type { Release } from '../../platform/releases.js';
import type { PlatformStatus } from '../../platform/status.js';
import type { VerifiedClaim } from '../../promotion/certificate/verify.js';
import type { Certificate } from '../../promotion/facts.js';
import type { PromotionRequest } from '../../promotion/request.js';
import type { PromotionResult } from '../../promotion/result.js';
import type { RebuiltReplica } from '../../replication/rebuild-into-edition.js';
import type { EnvironmentName, Site } from '../../site/schema.js';
import type { CommandContext } from '../command.js';

/** What commands ask of a running platform, wherever it is. Each call asks anew. */
export interface Operations {
  /** The definition as it was last applied. @throws refusal `not-up`, `not-deployed` */
  site(): Promise<Site>;
  status(): Promise<PlatformStatus>;
  /** What the replicas' gates are meant to be, and since when. */
  meantGates(): Promise<MeantGates>;
  readonly promotions: Promotions;
  releases(): Promise<KeptReleases>;
  /** @param id of a promotion; absent: the latest that has one. @throws refusal `no-certificate` */
  certificate(id: string | undefined): Promise<IssuedCertificate>;
  /** Looks at every claim of it again, on the running platform. */
  verify(issued: IssuedCertificate): Promise<readonly VerifiedClaim[]>;
  /** Makes a replica anew: a copy of the other one, or on AWS of dev. */
  rebuild(replica: ServerId): Promise<RebuiltReplica>;
  accessLogs(): Promise<AccessLogs>;
  /** Prints what servers have written. @returns the exit status */
  showLogs(what: string | undefined, how: { readonly lines: number; readonly follow: boolean }): Promise<number>;
  /** A shell, or one command, in an environment's document root. @returns its exit status */
  shell(environment: EnvironmentName, command: readonly string[]): Promise<number>;
}

export interface KeptReleases {
  readonly kept: readonly Release[];
  readonly current: Edition | undefined;
  readonly history: readonly EditionRecord[];
}

export interface IssuedCertificate {
  readonly id: string;
  readonly certificate: Certificate;
}

export type NewPromotion = Omit<PromotionRequest, 'id' | 'by' | 'at'>;

/** A promotion that is going on. */
export interface RunningPromotion {
  readonly id: string;
}

/** Asking for promotions and watching them. They go on whether anybody watches or not. */
export interface Promotions {
  /** Asks for one and watches it to its end. Ctrl-C asks it to be taken back, and goes on watching. */
  start(wanted: NewPromotion): Promise<PromotionResult>;
  /**
   * The one that is going on; undefined if none is.
   * @throws refusal `locked` if something else that excludes promotions is going on
   */
  running(): Promise<RunningPromotion | undefined>;
  /** The id of the one that was cut off after it had begun to change prod. */
  interrupted(): Promise<string | undefined>;
  /** Goes on with one that was cut off, in either direction, and watches it. */
  goOn(id: string, mode: 'resume' | 'abort'): Promise<PromotionResult>;
  /** Asks one that is going on to take everything back, and watches how it does. */
  takeBack(running: RunningPromotion): Promise<PromotionResult>;
  /** Lets one that holds in the bake go on, and watches it. @throws refusal `not-held` */
  letGoOn(running: RunningPromotion): Promise<PromotionResult>;
}

/** The platform that a command is about: the one place where it is chosen. */
export async function operationsOf(context: CommandContext): Promise<Operations> {
  if (context.target === 'aws') return (await import('./aws-operations.js')).awsOperations(context);
  return (await import('./local-operations.js')).localOperations(context);
}
