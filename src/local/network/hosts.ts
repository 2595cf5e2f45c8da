import type { InstanceId, ServerId } from '../../platform/edition.js';
import type { EnvironmentName, Site } from '../../site/schema.js';

/** A host of the site: its own loopback address, in a zone. */
export interface Host {
  readonly address: string;
  readonly zone: string;
}

/** Fixed for each role, as they would be on real hosts. */
export const ports = {
  database: 3306,
  web: 8080,
  preview: 8081,
  stats: 8404,
  metrics: 9100,
  databaseMetrics: 9104,
  prometheus: 9090,
  alertmanager: 9093,
  mail: 1025,
} as const;

const zoneNumber: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3 };

/** Every address of a site. `network` is the x of 127.x.zone.host. */
export interface Hosts {
  readonly network: number;
  /** The balancer's endpoint for whoever is primary. */
  readonly primaryEndpoint: string;
  /** The balancer's endpoint for the replicas, by weight. */
  readonly replicaEndpoint: string;
  /** Where a balancer process tells its counters; they differ because the two share every other address. */
  readonly balancerStats: readonly [string, string];
  /** Each has an address of its own, as on a host of its own. */
  readonly monitoring: {
    readonly prometheus: string;
    readonly alertmanager: string;
    readonly mailSink: string;
    /** Where the control plane tells its metrics. */
    readonly controlPlane: string;
  };
  readonly database: Readonly<Record<ServerId, Host>>;
  instance(environment: EnvironmentName, index: number): Host & { readonly id: InstanceId };
  readonly canary: Host & { readonly id: InstanceId };
}

/** The instance on which a new edition is tried: no balancer routes to it. */
export const canaryId: InstanceId = 'canary';

export const clusterServers: readonly ServerId[] = ['db-1', 'db-2'];
export const replicaServers: readonly ServerId[] = ['replica-1', 'replica-2'];

/** Servers of one kind lie in different zones, as far as there are zones. */
export function hostsOf(network: number, site: Pick<Site, 'zones'>): Hosts {
  const at = (zoneIndex: number, host: number): Host => {
    const zone = site.zones[zoneIndex % site.zones.length] ?? 'a';
    return { zone, address: `127.${network}.${zoneNumber[zone]}.${host}` };
  };
  return {
    network,
    primaryEndpoint: `127.${network}.0.10`,
    replicaEndpoint: `127.${network}.0.20`,
    balancerStats: [`127.${network}.0.31`, `127.${network}.0.32`],
    monitoring: {
      prometheus: `127.${network}.0.41`,
      alertmanager: `127.${network}.0.42`,
      mailSink: `127.${network}.0.43`,
      controlPlane: `127.${network}.0.44`,
    },
    database: {
      'db-1': at(0, 11),
      'db-2': at(1, 12),
      'replica-1': at(0, 21),
      'replica-2': at(1, 22),
    },
    instance: (environment, index) => ({
      id: `${environment}-${index}`,
      ...at(index - 1, (environment === 'dev' ? 100 : 150) + index),
    }),
    canary: { id: canaryId, ...at(0, 199) },
  };
}
