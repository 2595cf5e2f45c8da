import type { Databases, Positions, ReplicationGate } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import type { DaemonSpec } from '../../process/daemon.js';
import type { Account } from '../../process/run.js';
import type { Source } from '../../replication/dialect.js';
import { replicationGate } from '../../replication/gate.js';
import { mariadb } from '../../replication/mariadb.js';
import type { Site } from '../../site/schema.js';
import type { TellEvent } from '../event-journal.js';
import { type Layout, paths } from '../layout.js';
import { locatePrograms } from '../machine/find-programs.js';
import { clusterServers, type Hosts, replicaServers } from '../network/hosts.js';
import { type DatabasePasswords, schemaOf } from './accounts.js';
import { type Purge, purgeBinlogs } from './binlogs.js';
import { Cluster } from './cluster.js';
import { localDatabases, serverOf } from './connections.js';
import { copySchema } from './copy-schema.js';
import { removeParts, settleReplacement } from './copy-server.js';
import { detection } from './detection.js';
import { DevStates } from './dev-states.js';
import { initialiseDatabases } from './initialise.js';
import { lookAtData } from './look-at-data.js';
import { type Observation, observe, type ServerProcesses } from './observe.js';
import { rebuildReplica, requireReplica } from './rebuild-replica.js';
import { rebuildStandby } from './rebuild-standby.js';
import { readRoles, rolesMissing, startRoleOf } from './roles-record.js';
import { type DatabaseServer, databaseDaemon, databaseServers, prepareServer } from './server.js';
import { Sessions } from './sessions.js';

export interface SiteDatabasesOptions {
  readonly layout: Layout;
  readonly hosts: Hosts;
  readonly site: Pick<Site, 'name' | 'database'>;
  readonly passwords: DatabasePasswords;
  /** Who the servers run as, when this process is root; it must be able to enter the state directory. */
  readonly account: Account | undefined;
}

/** Everything of a site's databases that stands in files, and the ways to reach the servers. */
export interface SiteDatabases {
  readonly servers: readonly DatabaseServer[];
  readonly schema: string;
  readonly databases: Databases;
  readonly positions: Positions;
  readonly gate: ReplicationGate;
  /**
   * Before every start of the servers: makes the data directories if this is the first one, the folders, and each
   * configuration for the recorded role.
   * @throws code `data-missing`, `roles-missing`
   */
  prepare(signal?: AbortSignal): Promise<void>;
  /** Writes what one server's next start is to have, for its recorded role. @throws code `roles-missing` */
  configure(server: ServerId): Promise<void>;
  daemon(server: ServerId): DaemonSpec;
  /** The one that moves roles. Only the control plane may have it, and only one at a time. */
  cluster(processes: ServerProcesses, announcePrimary: (primary: ServerId) => Promise<void>, tell: TellEvent): Cluster;
  /** Earlier states of dev's database, and how it comes back to one. */
  readonly devStates: DevStates;
  /** Looks at one server, for whoever looks after it. `end` closes the connections. */
  looks(processes: Pick<ServerProcesses, 'startIdentity'>): ServerLooks;
  /** Removes binary logs that nobody needs. */
  purge(): Promise<readonly Purge[]>;
  /**
   * Makes a replica a copy of another, which keeps serving.
   * @throws code `rebuild-failed`
   */
  rebuild(
    replica: ServerId,
    from: ServerId,
    processes: Pick<ServerProcesses, 'kill' | 'start'>,
    signal?: AbortSignal,
  ): Promise<void>;
}

export interface ServerLooks {
  look(server: ServerId): Promise<Observation>;
  end(): Promise<void>;
}

/** Puts the parts together for a site on this machine. Nothing is touched before one of them is called. */
export function siteDatabases({ layout, hosts, site, passwords, account }: SiteDatabasesOptions): SiteDatabases {
  const servers = databaseServers(layout, hosts, site.database.bufferPoolMb);
  const schema = schemaOf(site.name);
  const rolesFile = paths.databaseRoles(layout);
  const databases = localDatabases({ servers, schema, passwords, rolesFile });
  const sourceAt = (id: ServerId): Source => {
    const { address, port } = serverOf(servers, id);
    return { host: address, port, user: 'replication', password: passwords.replication };
  };
  const gate = replicationGate({
    databases,
    dialect: mariadb,
    source: async () => sourceAt((await databases.topology()).primary),
  });
  const configure = async (id: ServerId) => {
    const roles = await readRoles(rolesFile);
    if (!roles) throw rolesMissing(rolesFile);
    await prepareServer(serverOf(servers, id), startRoleOf(roles, id), account);
  };
  return {
    servers,
    schema,
    databases,
    positions: mariadb,
    gate,
    prepare: async (signal) => {
      const folder = paths.databases(layout);
      for (const server of servers) await settleReplacement(server);
      // A replica may be being copied for a promotion at this moment.
      for (const server of servers.filter(({ kind }) => kind === 'cluster')) await removeParts(server);
      await initialiseDatabases({
        servers,
        folder,
        schema,
        passwords,
        rolesFile,
        account,
        ...(signal ? { signal } : {}),
      });
      for (const { id } of servers) await configure(id);
    },
    configure,
    daemon: (id) => databaseDaemon(serverOf(servers, id), account),
    cluster: (processes, announcePrimary, tell) =>
      new Cluster({
        replicas: replicaServers,
        rolesFile,
        processes,
        dialect: mariadb,
        connect: (id, deadlineMs) => databases.connect(id, 'operator', deadlineMs),
        sourceAt,
        configure: (id, role) => prepareServer(serverOf(servers, id), role, account),
        announcePrimary,
        lookAtData: (id) => lookAtData(serverOf(servers, id)),
        rebuildStandby: (standby, primary, signal) =>
          rebuildStandby({
            to: serverOf(servers, standby),
            from: serverOf(servers, primary),
            databases,
            processes,
            password: passwords.operator,
            account,
            signal,
          }),
        tell,
      }),
    devStates: new DevStates({
      databases,
      schema,
      copy: async (from, into, views, signal) =>
        copySchema({
          from: serverOf(servers, from),
          to: serverOf(servers, (await databases.topology()).primary),
          schema,
          into,
          views,
          programs: locatePrograms(),
          password: passwords.dev,
          account,
          folder: paths.databases(layout),
          signal,
        }),
    }),
    looks: (processes) => {
      const sessions = new Sessions((id, deadlineMs) => databases.connect(id, 'operator', deadlineMs));
      return {
        look: (id) =>
          observe(
            id,
            processes,
            sessions,
            mariadb,
            (server) => lookAtData(serverOf(servers, server)),
            detection.standbyAnswerMs,
          ),
        end: () => sessions.end(),
      };
    },
    purge: async () =>
      purgeBinlogs({
        members: clusterServers,
        replicas: replicaServers,
        primary: (await databases.topology()).primary,
        dialect: mariadb,
        connect: (id) => databases.connect(id, 'operator'),
      }),
    rebuild: async (replica, from, processes, signal) =>
      rebuildReplica({
        to: requireReplica(serverOf(servers, replica)),
        from: requireReplica(serverOf(servers, from)),
        gate,
        processes,
        password: passwords.operator,
        account,
        signal,
      }),
  };
}
