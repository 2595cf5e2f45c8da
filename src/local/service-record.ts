import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type DaemonSpec, killDaemon, type StopOptions, startDaemon, stopDaemon } from '../process/daemon.js';
import { identify, isAlive, type ProcessRef } from '../process/identity.js';
import { allProcesses, commandLine } from '../process/table.js';
import { readJson, writeJson } from '../state/atomic-file.js';

/**
 * In the order in which they are stopped: who would start somebody first, those who would raise alarms about it, then
 * those who write, the databases last.
 */
export const serviceKinds = ['guard', 'monitoring', 'job', 'web', 'balancer', 'database'] as const;
export type ServiceKind = (typeof serviceKinds)[number];

/** A server, or a job, that runs on when the control plane is lost. */
export interface Service {
  /** Unique in the site: `db-1`, `prod-1.nginx`. */
  readonly name: string;
  readonly kind: ServiceKind;
  /** What runs in the end, where the daemon is started through a script. Default: the daemon's program. */
  readonly program?: string;
  readonly daemon: DaemonSpec;
  readonly stop?: StopOptions;
  /** Done before it is started again after it died: what it starts from may be what has ended it. */
  readonly beforeRestart?: () => Promise<void>;
  /**
   * A text that stands in the command line of this service and of no other, such as its configuration file.
   * It finds a process that was started just before the control plane was killed, and so was never written down.
   */
  readonly mark: string;
}

const recordSchema = z.object({
  kind: z.enum(serviceKinds),
  program: z.string(),
  mark: z.string(),
  stop: z.object({ stopSignal: z.string().optional(), graceMs: z.number().optional() }).optional(),
  /** Null from just before it is started until its identity is known. */
  process: z.object({ pid: z.number(), startTime: z.number(), bootId: z.string() }).nullable(),
  startedAt: z.string(),
  /** Counts deaths that nobody asked for, since the last time it was started on purpose. */
  restarts: z.number(),
});
type Kept = z.infer<typeof recordSchema>;

/** A service that runs, or ran when it was last looked at. */
export interface ServiceRecord {
  readonly process: ProcessRef;
  /** When, as ISO 8601. */
  readonly startedAt: string;
  readonly restarts: number;
}

/**
 * What a site has running, in one file for each service. A service is written down before it is started and again
 * when its process is known: whoever finds the file can tell what may run, whatever happened in between.
 */
export class ServiceRecords {
  constructor(private readonly folder: string) {}

  /** Starts a service that is known not to run. What its last process has left behind is ended first. */
  async start({ name, kind, program, mark, daemon, stop }: Service, restarts: number): Promise<ServiceRecord> {
    const last = await this.#read(name);
    if (last?.process) await killDaemon(last.process);
    const kept = { kind, program: program ?? daemon.program, mark, ...(stop ? { stop } : {}) };
    const startedAt = new Date().toISOString();
    await this.#write(name, { ...kept, process: null, startedAt, restarts });
    const process = await startDaemon(daemon);
    await this.#write(name, { ...kept, process, startedAt, restarts });
    return { process, startedAt, restarts };
  }

  /** The process of a service, whoever started it; undefined if it does not run. */
  async find(name: string): Promise<ServiceRecord | undefined> {
    const kept = await this.#read(name);
    if (!kept) return undefined;
    const { process, startedAt, restarts } = kept;
    if (process) return isAlive(process) ? { process, startedAt, restarts } : undefined;
    const stray = findStray(kept);
    if (!stray) return undefined;
    await this.#write(name, { ...kept, process: stray });
    return { process: stray, startedAt, restarts };
  }

  /** When a service was last started, as ISO 8601, whether it still runs or not. */
  async lastStart(name: string): Promise<string | undefined> {
    return (await this.#read(name))?.startedAt;
  }

  /** Stops a service as it was to be stopped when it was started, and forgets it. */
  async stop(name: string): Promise<void> {
    const running = await this.find(name);
    const kept = await this.#read(name);
    const last = running?.process ?? kept?.process;
    if (last) await stopDaemon(last, kept?.stop as StopOptions | undefined);
    await rm(this.#file(name), { force: true });
  }

  /** Kills a service, and returns when it is seen dead. */
  async kill(name: string): Promise<void> {
    const last = (await this.find(name))?.process ?? (await this.#read(name))?.process;
    if (last) await killDaemon(last);
  }

  /** The names of all that is written down, of one kind. */
  async names(kind: ServiceKind): Promise<readonly string[]> {
    if (!existsSync(this.folder)) return [];
    const names = readdirSync(this.folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => basename(file, '.json'));
    const kinds = await Promise.all(names.map(async (name) => (await this.#read(name))?.kind));
    return names.filter((_, index) => kinds[index] === kind);
  }

  #read(name: string): Promise<Kept | undefined> {
    return readJson(this.#file(name), recordSchema);
  }

  #write(name: string, record: Kept): Promise<void> {
    return writeJson(this.#file(name), record);
  }

  #file(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}

/** The leader of a process group that runs this program with the mark in its command line. */
function findStray({ mark, program }: Kept): ProcessRef | undefined {
  // The kernel keeps 15 bytes of a program's name.
  const name = basename(program).slice(0, 15);
  const found = allProcesses().find(
    (entry) => entry.name === name && entry.group === entry.pid && commandLine(entry.pid).includes(mark),
  );
  return found && identify(found.pid);
}
