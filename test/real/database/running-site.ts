import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerProcesses } from '../../../src/local/database/observe.js';
import { type SiteDatabases, siteDatabases } from '../../../src/local/database/site-databases.js';
import type { Layout } from '../../../src/local/layout.js';
import { type Hosts, hostsOf } from '../../../src/local/network/hosts.js';
import { Secret } from '../../../src/output/secret.js';
import type { DatabaseRole, SqlConnection, SqlValue } from '../../../src/platform/databases.js';
import type { ServerId } from '../../../src/platform/edition.js';
import { killDaemon, startDaemon, stopDaemon } from '../../../src/process/daemon.js';
import { isAlive, type ProcessRef } from '../../../src/process/identity.js';
import type { Account } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';

/** MariaDB refuses to run as root; on Debian `nobody` is always there. */
export const account: Account | undefined =
  process.getuid?.() === 0 ? { name: 'nobody', uid: 65_534, gid: 65_534 } : undefined;

export const allServers = ['db-1', 'db-2', 'replica-1', 'replica-2'] as const;

/** The processes of one test's servers. What dies is restarted only while the test says so. */
export class TestProcesses implements ServerProcesses {
  readonly #running = new Map<ServerId, ProcessRef>();
  readonly #watched = new Set<ServerId>();
  site: SiteDatabases | undefined;
  /** Whether what dies is started again after a moment, as a supervisor would. A fence keeps it down. */
  restarts = false;

  isRunning(server: ServerId): boolean {
    const ref = this.#running.get(server);
    return ref !== undefined && isAlive(ref);
  }

  async start(server: ServerId): Promise<void> {
    if (this.isRunning(server) || !this.site) return;
    this.#running.set(server, await startDaemon(this.site.daemon(server)));
    this.#watched.add(server);
  }

  /** Dies by itself, as far as anybody can tell. */
  async crash(server: ServerId): Promise<void> {
    this.signal(server, 'SIGKILL');
    await waitUntil(() => !this.isRunning(server), { what: `${server} to die`, deadlineMs: 5_000, everyMs: 5 });
    setTimeout(() => {
      if (this.restarts && this.#watched.has(server)) void this.start(server);
    }, 300);
  }

  async kill(server: ServerId): Promise<void> {
    this.#watched.delete(server);
    const ref = this.#running.get(server);
    if (ref) await killDaemon(ref);
  }

  async stop(server: ServerId): Promise<void> {
    const ref = this.#running.get(server);
    if (ref) await stopDaemon(ref, { graceMs: 10_000 });
  }

  startIdentity(server: ServerId): string | undefined {
    const ref = this.#running.get(server);
    return ref && isAlive(ref) ? `${ref.bootId}:${ref.pid}:${ref.startTime}` : undefined;
  }

  signal(server: ServerId, signal: NodeJS.Signals): void {
    const ref = this.#running.get(server);
    if (ref) process.kill(ref.pid, signal);
  }
}

export interface RunningSite {
  readonly layout: Layout;
  readonly hosts: Hosts;
  readonly site: SiteDatabases;
  readonly processes: TestProcesses;
  /** Passwords in clear, to look for where they must not be. */
  readonly passwords: Readonly<Record<DatabaseRole, Secret>>;
  /** Starts servers and waits until they answer. */
  start(...servers: readonly ServerId[]): Promise<void>;
  /** Runs one statement as a role on a connection of its own. */
  sql<Row extends object = Record<string, unknown>>(
    server: ServerId,
    role: DatabaseRole,
    statement: string,
    values?: readonly SqlValue[],
  ): Promise<Row[]>;
  /** Waits until a server answers. */
  up(server: ServerId): Promise<void>;
  /** Kills the servers and removes everything. */
  remove(): Promise<void>;
}

/**
 * A site in a directory of its own with real servers on 127.10.SUBNET.*; nothing is started yet.
 * @param subnet another one in each test file, since files may run at the same time
 */
export async function makeSite(subnet: number): Promise<RunningSite> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-db-'));
  await chmod(folder, 0o755);
  const layout: Layout = {
    configFile: join(folder, 'understudy.config.ts'),
    stateDir: join(folder, 'state'),
    runtimeDir: join(folder, 'run'),
    machineDir: join(folder, 'machine'),
  };
  const base = hostsOf(10, { zones: ['a', 'b'] });
  const hosts: Hosts = {
    ...base,
    database: Object.fromEntries(
      allServers.map((id, index) => [id, { zone: 'a', address: `127.10.${subnet}.${11 + index}` }]),
    ),
  };
  const secret = (role: DatabaseRole) => new Secret(`${role}-Pa'ss"\\word`);
  const passwords = {
    dev: secret('dev'),
    prod: secret('prod'),
    replication: secret('replication'),
    operator: secret('operator'),
    monitor: secret('monitor'),
    load: secret('load'),
  };
  const processes = new TestProcesses();
  const site = siteDatabases({
    layout,
    hosts,
    site: { name: 'my-site', database: { bufferPoolMb: 16 } },
    passwords,
    account,
  });
  processes.site = site;
  const up = async (server: ServerId) => {
    const connection = await waitUntil<SqlConnection>(
      () => site.databases.connect(server, 'monitor').catch(() => undefined),
      { what: `${server} to answer`, deadlineMs: 15_000, everyMs: 20 },
    );
    await connection.end();
  };
  return {
    layout,
    hosts,
    site,
    processes,
    passwords,
    up,
    start: async (...servers) => {
      await Promise.all(servers.map((server) => processes.start(server)));
      await Promise.all(servers.map(up));
    },
    sql: async (server, role, statement, values = []) => {
      const connection = await site.databases.connect(server, role);
      try {
        return await connection.query(statement, values);
      } finally {
        await connection.end();
      }
    },
    remove: async () => {
      await Promise.all(allServers.map((server) => processes.kill(server)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
