import { chmod, chown, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServerId } from '../../platform/edition.js';
import type { DaemonSpec } from '../../process/daemon.js';
import type { Account } from '../../process/run.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import { type Layout, paths } from '../layout.js';
import { clusterServers, type Hosts, ports, replicaServers } from '../network/hosts.js';
import { renderConfig } from './my-cnf.js';

/** `cluster`: primary or standby, by turns; `replica`: behind a gate, never writable. */
export type ServerKind = 'cluster' | 'replica';

/** One database server of the site: what stays the same whatever role it has. */
export interface DatabaseServer {
  readonly id: ServerId;
  readonly kind: ServerKind;
  readonly zone: string;
  readonly address: string;
  readonly port: number;
  /** `server_id`: the middle part of every GTID that this server writes. Never changes. */
  readonly number: number;
  readonly dataDir: string;
  /** An empty folder: the only place that `LOAD DATA` and `INTO OUTFILE` may name, and no account may use them. */
  readonly filesDir: string;
  /** Its own: a server that starts removes what looks like a temporary table there, its neighbours' too. */
  readonly tmpDir: string;
  readonly configFile: string;
  readonly socket: string;
  readonly slowLog: string;
  readonly logFile: string;
  readonly bufferPoolMb: number;
}

/** The role that a start is for. It decides what a server does with an unacknowledged end of its binary log. */
export type StartRole = 'primary' | 'standby' | 'replica';

const numbers: Readonly<Record<ServerId, number>> = { 'db-1': 1, 'db-2': 2, 'replica-1': 11, 'replica-2': 12 };

/** The four servers of a site: two of the cluster, two replicas. */
export function databaseServers(layout: Layout, hosts: Hosts, bufferPoolMb: number): readonly DatabaseServer[] {
  return [...clusterServers, ...replicaServers].map((id) => {
    const host = hosts.database[id];
    const number = numbers[id];
    if (!host || number === undefined) throw new RangeError(`No host for ${id}.`);
    const folder = join(paths.databases(layout), id);
    return {
      id,
      kind: clusterServers.includes(id) ? 'cluster' : 'replica',
      zone: host.zone,
      address: host.address,
      port: ports.database,
      number,
      dataDir: join(folder, 'data'),
      filesDir: join(folder, 'files'),
      tmpDir: join(folder, 'tmp'),
      configFile: join(folder, 'my.cnf'),
      socket: join(layout.runtimeDir, 'databases', `${id}.sock`),
      slowLog: join(folder, 'slow.log'),
      logFile: paths.log(layout, id),
      bufferPoolMb,
    };
  });
}

/**
 * Makes what a start needs beside the data: folders (the socket's is gone after a reboot) and the configuration
 * for a role. May be repeated, also while the server runs; a new role counts from the next start.
 * @param account who the server runs as, when this process is root
 */
export async function prepareServer(
  server: DatabaseServer,
  role: StartRole,
  account: Account | undefined,
): Promise<void> {
  const folder = dirname(server.dataDir);
  for (const path of [folder, server.filesDir, server.tmpDir, dirname(server.socket)]) await ownFolder(path, account);
  await writeFileAtomic(server.configFile, renderConfig(server, role), { owner: account });
}

/** Makes a folder that only its owner may enter. */
export async function ownFolder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o700);
  if (account) await chown(path, account.uid, account.gid);
}

/** How it is started. The configuration file in its command line tells its process from every other. */
export function databaseDaemon(server: DatabaseServer, account: Account | undefined): DaemonSpec {
  return {
    program: 'mariadbd',
    args: [`--defaults-file=${server.configFile}`],
    cwd: '/',
    logFile: server.logFile,
    as: account,
  };
}
