import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { hasErrno, UnderstudyError, usageError } from '../../output/errors.js';
import type { Site } from '../../site/schema.js';
import { readJson, writeJson } from '../../state/atomic-file.js';
import { acquireLock } from '../../state/lock.js';
import { type Layout, paths } from '../layout.js';
import { ports } from './hosts.js';

const networkSchema = z.object({ network: z.int(), httpPort: z.int(), httpsPort: z.int() });
const claimsSchema = z.record(z.string(), networkSchema);

/** What a site has of the machine's addresses: 127.NETWORK.*.* and the two ports on 127.0.0.1. */
export type NetworkClaim = z.infer<typeof networkSchema>;

/** 127.0 to 127.15 are left to what other programs use of the loopback range, and to hand-made tests. */
const firstNetwork = 16;
const lastNetwork = 254;
const publicAddress = '127.0.0.1';
const firstHttpPort = 8080;
const firstHttpsPort = 8443;

const claimsFile = (layout: Layout) => join(layout.machineDir, 'networks.json');
const claimsLock = (layout: Layout) => join(layout.machineDir, 'networks.lock');

/** What the site has claimed before; undefined before its first `up`. */
export async function networkOf(layout: Layout): Promise<NetworkClaim | undefined> {
  return readJson(paths.network(layout), networkSchema);
}

/** Which of the site's own servers run, and so hold what it claimed before. */
export interface OwnServers {
  readonly balancerRuns: boolean;
  readonly databasesRun: boolean;
}

/**
 * Claims a network and a pair of ports for a site, or finds again what it has. Sites of the same user are kept
 * apart by a record under a lock; other users' sites and programs by trying the addresses.
 * @throws code `port-taken` for a port that the definition names, or that the site had before; `network-taken` if
 *   another program listens on an address that is the site's
 */
export async function claimNetwork(
  layout: Layout,
  site: Pick<Site, 'local'>,
  { balancerRuns, databasesRun }: OwnServers,
): Promise<NetworkClaim> {
  const lock = await acquireLock(claimsLock(layout), { why: 'claiming addresses', waitMs: 10_000 });
  try {
    const claims = { ...(await readJson(claimsFile(layout), claimsSchema)) };
    const mine = claims[layout.stateDir] ?? (await networkOf(layout));
    const others = Object.entries(claims).flatMap(([stateDir, claim]) =>
      // A site that was removed by hand has given nothing back.
      stateDir !== layout.stateDir && existsSync(stateDir) ? [[stateDir, claim] as const] : [],
    );
    const taken = others.map(([, claim]) => claim);
    if (mine && !balancerRuns && !databasesRun) await requireFree(mine.network, taken);
    const network = mine?.network ?? (await freeNetwork(taken));
    const claim = { network, ...(await choosePorts(site.local, mine, taken, balancerRuns)) };
    await writeJson(claimsFile(layout), { ...Object.fromEntries(others), [layout.stateDir]: claim });
    await writeJson(paths.network(layout), claim);
    return claim;
  } finally {
    await lock.release();
  }
}

/** Gives back what `claimNetwork` took. */
export async function releaseNetwork(layout: Layout): Promise<void> {
  const lock = await acquireLock(claimsLock(layout), { why: 'giving back addresses', waitMs: 10_000 });
  try {
    const claims = { ...(await readJson(claimsFile(layout), claimsSchema)) };
    delete claims[layout.stateDir];
    await writeJson(claimsFile(layout), claims);
  } finally {
    await lock.release();
  }
}

/** Where the balancer listens for the databases' clients: an address that every site has. */
const probed = (network: number) => `127.${network}.0.10`;

/** The addresses stand in what a site has in its databases and editions, so it cannot just move to others. */
async function requireFree(network: number, others: readonly NetworkClaim[]): Promise<void> {
  const isClaimed = others.some((other) => other.network === network);
  if (!isClaimed && (await canListen(probed(network), ports.database))) return;
  throw new UnderstudyError({
    code: 'network-taken',
    message: `Another program or site listens on ${probed(network)}, which is an address of this site.`,
    remedy: `Stop it: \`ss -ltnp 'src ${probed(network)}'\` names it.`,
  });
}

async function freeNetwork(others: readonly NetworkClaim[]): Promise<number> {
  const taken = new Set(others.map(({ network }) => network));
  for (let network = firstNetwork; network <= lastNetwork; network++) {
    if (!taken.has(network) && (await canListen(probed(network), ports.database))) return network;
  }
  throw new UnderstudyError({
    code: 'no-network-left',
    message: `All of 127.${firstNetwork} to 127.${lastNetwork} are taken by other sites on this machine.`,
    remedy: 'Remove a site that is not needed with `understudy down --destroy`.',
  });
}

async function choosePorts(
  wanted: Site['local'],
  mine: NetworkClaim | undefined,
  others: readonly NetworkClaim[],
  balancerRuns: boolean,
): Promise<{ httpPort: number; httpsPort: number }> {
  const reserved = new Set(others.flatMap(({ httpPort, httpsPort }) => [httpPort, httpsPort]));
  const held = new Set(balancerRuns && mine ? [mine.httpPort, mine.httpsPort] : []);
  const free = async (port: number) =>
    held.has(port) || (!reserved.has(port) && (await canListen(publicAddress, port)));
  const fixed = async (port: number, field: string) => {
    if (await free(port)) return port;
    throw usageError({
      code: 'port-taken',
      message: `The port ${port} on ${publicAddress} (${field}) is taken by another program or site.`,
      remedy: `Stop it (\`ss -ltnp 'sport = :${port}'\` names it), or set ${field} to a free port.`,
    });
  };
  const http = wanted.httpPort ?? mine?.httpPort;
  const https = wanted.httpsPort ?? mine?.httpsPort;
  for (let offset = 0; offset < 500; offset++) {
    const httpPort = http === undefined ? firstHttpPort + offset : await fixed(http, 'local.httpPort');
    const httpsPort = https === undefined ? firstHttpsPort + offset : await fixed(https, 'local.httpsPort');
    if ((await free(httpPort)) && (await free(httpsPort))) return { httpPort, httpsPort };
  }
  throw new UnderstudyError({ code: 'port-taken', message: `No pair of free ports was found on ${publicAddress}.` });
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (hasErrno(error, 'EADDRINUSE') || hasErrno(error, 'EACCES')) resolve(false);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
