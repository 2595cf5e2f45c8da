import type { Census, Faults, Part, PartRole } from '../platform/faults.js';
import { groupOf, type ProcessRef } from '../process/identity.js';
import { signalGroup } from '../process/run.js';
import { allProcesses, commandLine, readProcess } from '../process/table.js';
import { waitUntil } from '../process/wait.js';
import { lockHolder } from '../state/lock.js';
import { type Layout, paths } from './layout.js';
import type { Hosts } from './network/hosts.js';
import { type ServiceKind, ServiceRecords, serviceKinds } from './service-record.js';
import { smallDisks } from './small-disks.js';

interface LocalPart extends Part {
  readonly process: ProcessRef;
  /** The program's name as the kernel keeps it; empty if it has just ended. */
  readonly program: string;
}

/** How long the kernel may take to end what was killed. */
const deathMs = 10_000;

/** Faults of the platform on this machine: signals to the processes that stand in its records. */
export function localFaults(layout: Layout, hosts: Hosts): Faults {
  const records = new ServiceRecords(paths.processes(layout));
  const hung: ProcessRef[] = [];
  /** Every process that was ever seen: what is left of its group when it has ended is an orphan. */
  const seen = new Map<string, LocalPart>();

  const parts = async (): Promise<readonly LocalPart[]> => {
    const found = await Promise.all([
      ...serviceKinds.filter((kind) => kind !== 'job').map((kind) => servicesOf(records, kind, hosts)),
      controlPlaneOf(layout),
    ]);
    const now = found.flat();
    for (const part of now) seen.set(part.start, part);
    return now;
  };
  const named = async (names: readonly string[]) => (await parts()).filter(({ name }) => names.includes(name));

  return {
    parts,
    kill: async (names) => {
      const victims = await named(names);
      for (const { process } of victims) signalGroup(process.pid, 'SIGKILL');
      for (const { process, name } of victims) {
        const gone = () => groupOf(process).length === 0;
        await waitUntil(gone, { what: `${name} to end`, deadlineMs: deathMs, everyMs: 20 });
      }
    },
    terminate: async (names) => {
      for (const { process } of await named(names)) signalGroup(process.pid, 'SIGTERM');
    },
    hang: async (names) => {
      for (const { process } of await named(names)) {
        hung.push(process);
        signalGroup(process.pid, 'SIGSTOP');
      }
    },
    resume: async () => {
      for (const process of hung.splice(0)) if (groupOf(process).length > 0) signalGroup(process.pid, 'SIGCONT');
    },
    smallDisks: smallDisks(layout),
    census: async () => census(layout, await parts(), [...seen.values()]),
  };
}

async function servicesOf(records: ServiceRecords, kind: ServiceKind, hosts: Hosts): Promise<readonly LocalPart[]> {
  const names = await records.names(kind);
  const found = await Promise.all(
    names.map(async (name): Promise<readonly LocalPart[]> => {
      const record = await records.find(name);
      if (!record) return [];
      const [host = name, program] = name.split('.');
      return [partOf({ name, host, role: roleOf(kind, program), process: record.process, ...placeOf(host, hosts) })];
    }),
  );
  return found.flat();
}

async function controlPlaneOf(layout: Layout): Promise<readonly LocalPart[]> {
  const holder = await lockHolder(paths.controlLock(layout));
  if (!holder) return [];
  const name = 'control-plane';
  return [partOf({ name, host: name, role: name, process: holder.process, environment: undefined, zone: undefined })];
}

function partOf(part: Omit<LocalPart, 'start' | 'isHung' | 'program'>): LocalPart {
  const { pid, startTime } = part.process;
  const entry = readProcess(pid);
  return { ...part, start: `${pid}/${startTime}`, isHung: entry?.stopped === true, program: entry?.name ?? '' };
}

function roleOf(kind: ServiceKind, program: string | undefined): PartRole {
  if (kind === 'database' || kind === 'balancer') return kind;
  if (kind === 'web') return program === 'nginx' ? 'nginx' : 'php-fpm';
  return 'other';
}

function placeOf(host: string, hosts: Hosts): Pick<Part, 'environment' | 'zone'> {
  const database = hosts.database[host];
  if (database) return { environment: undefined, zone: database.zone };
  if (host === hosts.canary.id) return { environment: 'prod', zone: hosts.canary.zone };
  const [environment, number] = host.split('-');
  if (environment !== 'dev' && environment !== 'prod') return { environment: undefined, zone: undefined };
  return { environment, zone: hosts.instance(environment, Number(number)).zone };
}

function census(layout: Layout, now: readonly LocalPart[], seen: readonly LocalPart[]): Census {
  const running = new Set(now.map(({ process }) => process.pid));
  const left = seen.filter(({ start }) => !now.some((part) => part.start === start));
  const ofEnded = left.flatMap(({ name, process }) => groupOf(process).map((pid) => `${pid}, left of ${name}`));
  const all = allProcesses().map((entry) => ({ ...entry, command: commandLine(entry.pid) }));
  const ours = (command: string) => command.includes(layout.stateDir) || command.includes(layout.runtimeDir);
  // A person may have a log of the site open; what counts is a second server.
  const servers = new Set(seen.filter(({ role }) => role !== 'control-plane').map(({ program }) => program));
  const unknown = all.filter(
    ({ pid, name, group, command, running: alive }) =>
      alive && group === pid && servers.has(name) && ours(command) && !running.has(pid),
  );
  const controlPlanes = all.filter(
    ({ command, running: alive }) =>
      alive && command.includes('control-plane/main.js') && command.includes(layout.configFile),
  );
  const cronRunners = all.filter(
    ({ command, running: alive }) => alive && command.includes(`${paths.devRoot(layout)}/wp-cron.php`),
  );
  return {
    orphans: [...ofEnded, ...unknown.map(({ pid, name }) => `${pid}, ${name}, that nobody has written down`)],
    controlPlanes: controlPlanes.length,
    cronRunners: cronRunners.length,
  };
}
