import type { Platform } from '../../platform/platform.js';
import { environmentNames, type Site } from '../../site/schema.js';
import { lockHolder } from '../../state/lock.js';
import type { AccessLogPublisher } from '../access-log/publish.js';
import { siteAccessLogPublisher } from '../access-log/site-access-logs.js';
import type { Balancer } from '../balancer/balancer.js';
import type { Cluster, ClusterStatus } from '../database/cluster.js';
import type { ServerProcesses } from '../database/observe.js';
import type { SiteDatabases } from '../database/site-databases.js';
import type { TellEvent } from '../event-journal.js';
import { localReleaseArchive } from '../files/local-release-archive.js';
import { type Layout, paths } from '../layout.js';
import { localPlatform } from '../local-platform.js';
import type { NetworkClaim } from '../network/claim.js';
import { replicaServers } from '../network/hosts.js';
import { balancerOf, partsOf, type SiteParts } from '../parts.js';
import type { Service } from '../service-record.js';
import type { Supervisor } from '../supervisor.js';
import { InstanceCounts } from '../web/instance-counts.js';
import { Instances } from '../web/instances.js';
import { Scaler } from '../web/scaler.js';
import { CronRunner } from './cron.js';
import { ReplicaKeeper } from './replica-keeper.js';

/** The databases of a site with those who look after them. */
export interface RunningDatabases {
  readonly site: SiteDatabases;
  readonly cluster: Cluster;
  readonly services: readonly Service[];
  readonly processes: ServerProcesses;
  readonly replicas: ReplicaKeeper;
  /** As of the last round. */
  status: ClusterStatus | undefined;
  /** What is not as it should be, since (ISO 8601) the first of an unbroken line of rounds that found something. */
  problem: { readonly text: string; readonly since: string } | undefined;
}

/** A site with everybody who looks after a part of it. */
export interface Running {
  readonly parts: SiteParts;
  readonly supervisor: Supervisor;
  readonly balancer: Balancer;
  readonly databases: RunningDatabases | undefined;
  readonly instances: Instances;
  readonly scalers: readonly Scaler[];
  readonly counts: InstanceCounts;
  readonly cron: CronRunner;
  readonly accessLogs: AccessLogPublisher;
}

/** Puts the parts together. Nothing is started or touched, but secrets are made if there are none. */
export async function assemble(
  layout: Layout,
  site: Site,
  claim: NetworkClaim,
  supervisor: Supervisor,
  tell: TellEvent,
): Promise<Running> {
  const parts = await partsOf(layout, site, claim);
  const balancer = balancerOf(parts);
  const counts = new InstanceCounts(layout, site);
  const promotionRuns = async () => (await lockHolder(paths.promotionLock(layout))) !== undefined;
  const instances = new Instances({
    settings: { layout, site, devUrl: parts.urls.dev, nginx: parts.programs.nginx, phpFpm: parts.programs.phpFpm },
    hosts: parts.hosts,
    supervisor,
    balancer,
    counts,
    promotionRuns,
    tell,
    urls: parts.urls,
    releases: localReleaseArchive(layout.stateDir),
    accounts: parts.accounts,
    presentUser: parts.presentUser,
  });
  const scalers = environmentNames.map((environment) => {
    const { capacity } = site.environments[environment];
    return new Scaler({ environment, capacity, instances, counts, balancer, promotionRuns, tell });
  });
  const cron = new CronRunner({
    php: parts.programs.php,
    documentRoot: paths.devRoot(layout),
    account: parts.accounts.dev,
    logFile: paths.log(layout, 'cron'),
    records: supervisor.records,
  });
  const databases = parts.database && runningDatabases(layout, parts.database, supervisor, balancer, tell);
  const accessLogs = siteAccessLogPublisher(parts);
  return { parts, supervisor, balancer, databases, instances, scalers, counts, cron, accessLogs };
}

function runningDatabases(
  layout: Layout,
  site: SiteDatabases,
  supervisor: Supervisor,
  balancer: Balancer,
  tell: TellEvent,
): RunningDatabases {
  const services = site.servers.map(
    ({ id, configFile }): Service => ({
      name: id,
      kind: 'database',
      mark: configFile,
      daemon: site.daemon(id),
      stop: { graceMs: 10_000 },
      beforeRestart: () => site.configure(id),
    }),
  );
  const service = (id: string) => {
    const found = services.find(({ name }) => name === id);
    if (!found) throw new RangeError(`There is no database server ${id}.`);
    return found;
  };
  const processes: ServerProcesses = {
    isRunning: (id) => supervisor.isRunning(id),
    start: async (id) => void (await supervisor.ensure(service(id))),
    kill: (id) => supervisor.fence(service(id)),
    startIdentity: (id) => {
      const process = supervisor.isRunning(id) ? supervisor.record(id)?.process : undefined;
      return process && `${process.bootId}/${process.pid}/${process.startTime}`;
    },
  };
  const cluster = site.cluster(processes, (primary) => balancer.setPrimary(primary), tell);
  let opened: Promise<Platform> | undefined;
  const looks = site.looks(processes);
  const replicas = new ReplicaKeeper({
    layout,
    replicas: replicaServers,
    processes,
    looks,
    gate: site.gate,
    edition: () => localReleaseArchive(layout.stateDir).currentEdition(),
    weights: () => balancer.state.weights,
    platform: () => {
      opened ??= localPlatform(layout);
      return opened;
    },
    tell,
  });
  return { site, cluster, services, processes, replicas, status: undefined, problem: undefined };
}
