import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** Where everything of one site lies on this machine. Only names; nothing is created here. */
export interface Layout {
  /** The definition's file. */
  readonly configFile: string;
  /** All that must survive a reboot. */
  readonly stateDir: string;
  /** Sockets and pid files: short, because the path of a Unix socket has 108 bytes; gone after a reboot. */
  readonly runtimeDir: string;
  /** Shared by all sites of this user on this machine: allocated networks, and the local CA. */
  readonly machineDir: string;
}

/**
 * Started by root, servers run as accounts that could not reach a folder in somebody's home, so state lies in
 * /var/lib/understudy; otherwise beside the definition in `.understudy`. The names are told from the definition's
 * path alone, so that `status` need not load it.
 */
export function layoutFor(configFile: string, isRoot = process.getuid?.() === 0, env = process.env): Layout {
  const folder = dirname(configFile);
  const key = createHash('sha256').update(configFile).digest('hex').slice(0, 8);
  if (isRoot) {
    const label =
      basename(folder)
        .replace(/[^A-Za-z0-9-]+/g, '-')
        .slice(0, 24) || 'site';
    return {
      configFile,
      stateDir: `/var/lib/understudy/sites/${label}-${key}`,
      runtimeDir: `/run/understudy/${key}`,
      machineDir: '/var/lib/understudy/machine',
    };
  }
  const stateBase = env.XDG_STATE_HOME ?? join(env.HOME ?? folder, '.local/state');
  return {
    configFile,
    stateDir: join(folder, '.understudy'),
    // Not in XDG_RUNTIME_DIR: that is removed when its user logs out, and the servers run on.
    runtimeDir: join('/tmp', `understudy-${process.getuid?.() ?? 0}`, key),
    machineDir: join(stateBase, 'understudy'),
  };
}

/** The paths below the state and runtime directories, each named once. */
export const paths = {
  site: (l: Layout) => join(l.stateDir, 'site.json'),
  /** Stands while the site is meant to be up: a control plane that starts then brings it up on its own. */
  upMarker: (l: Layout) => join(l.stateDir, 'up.json'),
  secrets: (l: Layout) => join(l.stateDir, 'secrets.json'),
  network: (l: Layout) => join(l.stateDir, 'network.json'),
  logs: (l: Layout) => join(l.stateDir, 'logs'),
  log: (l: Layout, name: string) => join(l.stateDir, 'logs', `${name}.log`),
  /** What a balancer process has written down of requests and nobody has published yet. */
  requests: (l: Layout, name: string) => join(l.stateDir, 'logs', `${name}.requests`),
  accessLogs: (l: Layout) => join(l.stateDir, 'access-logs'),
  accessLogState: (l: Layout) => join(l.stateDir, 'access-logs.json'),
  processes: (l: Layout) => join(l.stateDir, 'processes'),
  /** What happened by itself, a line of JSON each. */
  events: (l: Layout) => join(l.stateDir, 'events.ndjson'),
  databases: (l: Layout) => join(l.stateDir, 'databases'),
  databaseRoles: (l: Layout) => join(l.stateDir, 'database-roles.json'),
  /** Stands while a replica is being rebuilt into prod's edition by the control plane. */
  replicaRepair: (l: Layout) => join(l.stateDir, 'replica-repair.json'),
  balancer: (l: Layout) => join(l.stateDir, 'balancer'),
  balancerState: (l: Layout) => join(l.stateDir, 'balancer', 'state.json'),
  instanceCounts: (l: Layout) => join(l.stateDir, 'instance-counts.json'),
  instances: (l: Layout) => join(l.stateDir, 'instances'),
  instance: (l: Layout, id: string) => join(l.stateDir, 'instances', id),
  configDir: (l: Layout, environment: string) => join(l.stateDir, 'config', environment),
  /** Files that instances of an environment have in common. */
  shared: (l: Layout) => join(l.stateDir, 'shared'),
  devRoot: (l: Layout) => join(l.stateDir, 'shared', 'dev'),
  /** What an import has staged, and what it has kept, beside dev's document root: renames stay in one file system. */
  incomingFiles: (l: Layout) => join(l.stateDir, 'shared', 'dev.incoming'),
  keptFiles: (l: Layout, keep: string) => join(l.stateDir, 'shared', `dev.${keep}`),
  imports: (l: Layout) => join(l.stateDir, 'imports'),
  editionFile: (l: Layout, edition: number) => join(l.stateDir, 'editions', `${edition}.php`),
  monitoring: (l: Layout) => join(l.stateDir, 'monitoring'),
  /** The mail that the built-in sink has taken. */
  mail: (l: Layout) => join(l.stateDir, 'mail'),
  prodMedia: (l: Layout) => join(l.stateDir, 'shared', 'media'),
  promotions: (l: Layout) => join(l.stateDir, 'promotions'),
  drillLock: (l: Layout) => join(l.stateDir, 'drill.lock'),
  promotionLock: (l: Layout) => join(l.stateDir, 'promotion.lock'),
  /** Ledgers and reports of drills. */
  drills: (l: Layout) => join(l.stateDir, 'drills'),
  commandLock: (l: Layout) => join(l.stateDir, 'command.lock'),
  controlSocket: (l: Layout) => join(l.runtimeDir, 'control.sock'),
  controlLock: (l: Layout) => join(l.stateDir, 'control-plane.lock'),
  /** Sockets lie apart for each account that makes them: `db`, `lb`, or an instance. */
  runtime: (l: Layout, owner: string) => join(l.runtimeDir, owner),
} as const;
