import type { ServerId } from '../../platform/edition.js';
import type { EnvironmentName } from '../../site/schema.js';

/** `ready` gets traffic, `drain` keeps what it has, `maint` gets none and is not checked. */
export type ServerMode = 'ready' | 'drain' | 'maint';

export interface WebServer {
  readonly id: string;
  readonly address: string;
  readonly mode: ServerMode;
}

/** What can change while the balancer runs. Everything else needs a new configuration and a restart. */
export interface BalancerState {
  readonly web: Readonly<Record<EnvironmentName, readonly WebServer[]>>;
  readonly primary: ServerId;
  /** Of the replica endpoint: 0 takes a replica out. */
  readonly weights: Readonly<Record<ServerId, number>>;
}

/** What stays as it is for the life of a balancer process. */
export interface BalancerFrame {
  readonly domains: Readonly<Record<EnvironmentName, string>>;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly certificateFile: string;
  readonly primaryEndpoint: string;
  readonly replicaEndpoint: string;
  /** Address of each database server; empty for a site without a database. */
  readonly cluster: Readonly<Record<ServerId, string>>;
  readonly replicas: Readonly<Record<ServerId, string>>;
}

/** The two processes. They share every address but the one of their counters. */
export interface BalancerProcess {
  readonly name: 'haproxy-1' | 'haproxy-2';
  readonly statsAddress: string;
  readonly adminSocket: string;
  readonly configFile: string;
}
