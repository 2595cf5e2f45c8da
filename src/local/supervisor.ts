import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type DaemonSpec, killDaemon, type StopOptions, startDaemon, stopDaemon } from '../process/daemon.js';
import { identify, isAlive, type ProcessRef } from '../process/identity.js';
import { readJson, writeJson } from '../state/atomic-file.js';

/** A server that is kept running. */
export interface Service {
  /** Unique in the site: `db-1`, `prod-1.nginx`. */
  readonly name: string;
  /** What runs in the end, where the daemon is started through a script. Default: the daemon's program. */
  readonly program?: string;
  readonly daemon: DaemonSpec;
  readonly stop?: StopOptions;
  /**
   * A text that stands in the command line of this service and of no other, such as its configuration file.
   * It finds a process that was started just before the supervisor was killed, and so was never written down.
   */
  readonly mark: string;
}

const recordSchema = z.object({
  process: z.object({ pid: z.number(), startTime: z.number(), bootId: z.string() }),
  startedAt: z.string(),
  /** Counts deaths that nobody asked for, since the last time it was started on purpose. */
  restarts: z.number(),
});
export type ServiceRecord = z.infer<typeof recordSchema>;

/** Waits before a restart: 0.1 s, doubled up to 10 s; forgotten after half a minute without a death. */
const firstDelayMs = 100;
const longestDelayMs = 10_000;
const calmMs = 30_000;

interface Watched {
  readonly service: Service;
  record: ServiceRecord;
  delayMs: number;
  /** When the next start is due, once the process is seen dead. */
  dueAt: number | undefined;
}

export interface SupervisorEvents {
  /** A service died that nobody stopped; it will be started again after `delayMs`. */
  died(name: string, delayMs: number): void;
  restarted(name: string): void;
  /** It could not even be started; tried again after `delayMs`. */
  failed(name: string, error: unknown, delayMs: number): void;
}

/**
 * Keeps services running. They outlive it: every process is written down, and a supervisor that starts later
 * adopts what runs. `tick` is called by whoever has the clock.
 */
export class Supervisor {
  readonly #watched = new Map<string, Watched>();
  /** One operation at a time for each name: a tick must not restart what is being stopped. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(
    private readonly recordsDir: string,
    private readonly events: SupervisorEvents,
  ) {}

  /** Starts a service, or adopts it if it runs. From now on it is restarted when it dies. */
  ensure(service: Service): Promise<ServiceRecord> {
    return this.#alone(service.name, async () => {
      const present = this.#watched.get(service.name);
      if (present && isAlive(present.record.process)) return present.record;
      const running = await this.find(service);
      const record = running ?? (await this.#start(service, 0));
      this.#watched.set(service.name, { service, record, delayMs: firstDelayMs, dueAt: undefined });
      return record;
    });
  }

  /** Stops a service for good, whether it is watched or was left by an earlier supervisor. */
  stop(service: Service): Promise<void> {
    return this.#alone(service.name, async () => {
      const record = this.#watched.get(service.name)?.record ?? (await this.find(service));
      this.#watched.delete(service.name);
      if (record) await stopDaemon(record.process, service.stop);
      await rm(this.#file(service.name), { force: true });
    });
  }

  /** The fence: kills a service and returns when it is seen dead. It is not restarted until `ensure`. */
  fence(service: Service): Promise<void> {
    return this.#alone(service.name, async () => {
      const record = this.#watched.get(service.name)?.record ?? (await this.find(service));
      this.#watched.delete(service.name);
      if (record) await killDaemon(record.process);
    });
  }

  /** Stops and starts again, on purpose. */
  async restart(service: Service): Promise<ServiceRecord> {
    await this.stop(service);
    return this.ensure(service);
  }

  isRunning(name: string): boolean {
    const watched = this.#watched.get(name);
    return watched !== undefined && isAlive(watched.record.process);
  }

  record(name: string): ServiceRecord | undefined {
    return this.#watched.get(name)?.record;
  }

  /** The names of what is watched. */
  names(): readonly string[] {
    return [...this.#watched.keys()];
  }

  /** Looks at every service once; starts again what is due. Never throws for a single service. */
  async tick(now = performance.now()): Promise<void> {
    await Promise.all([...this.#watched.values()].map((watched) => this.#look(watched, now)));
  }

  async #look(watched: Watched, now: number): Promise<void> {
    const { name } = watched.service;
    if (isAlive(watched.record.process)) {
      if (Date.now() - Date.parse(watched.record.startedAt) > calmMs) watched.delayMs = firstDelayMs;
      return;
    }
    if (watched.dueAt === undefined) {
      watched.dueAt = now + watched.delayMs;
      this.events.died(name, watched.delayMs);
      watched.delayMs = Math.min(watched.delayMs * 2, longestDelayMs);
      return;
    }
    if (now < watched.dueAt) return;
    await this.#alone(name, async () => {
      if (this.#watched.get(name) !== watched || isAlive(watched.record.process)) return;
      try {
        watched.record = await this.#start(watched.service, watched.record.restarts + 1);
        watched.dueAt = undefined;
        this.events.restarted(name);
      } catch (error) {
        watched.dueAt = now + watched.delayMs;
        this.events.failed(name, error, watched.delayMs);
        watched.delayMs = Math.min(watched.delayMs * 2, longestDelayMs);
      }
    });
  }

  async #start(service: Service, restarts: number): Promise<ServiceRecord> {
    const process = await startDaemon(service.daemon);
    const record = { process, startedAt: new Date().toISOString(), restarts };
    await writeJson(this.#file(service.name), record);
    return record;
  }

  /** The process of a service, whoever started it; undefined if it does not run. */
  async find(service: Service): Promise<ServiceRecord | undefined> {
    const record = await readJson(this.#file(service.name), recordSchema);
    if (record && isAlive(record.process)) return record;
    const stray = findStray(service);
    if (!stray) return undefined;
    const found = { process: stray, startedAt: new Date().toISOString(), restarts: record?.restarts ?? 0 };
    await writeJson(this.#file(service.name), found);
    return found;
  }

  #file(name: string): string {
    return join(this.recordsDir, `${name}.json`);
  }

  #alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#queues.set(
      name,
      mine.catch(() => undefined),
    );
    return mine;
  }
}

/** Whether any service that was ever written down in this folder runs now. */
export async function anyRecordedRuns(recordsDir: string): Promise<boolean> {
  if (!existsSync(recordsDir)) return false;
  const names = readdirSync(recordsDir).filter((name) => name.endsWith('.json'));
  const records = await Promise.all(names.map((name) => readJson(join(recordsDir, name), recordSchema)));
  return records.some((record) => record !== undefined && isAlive(record.process));
}

/** The leader of a process group that runs this program with the mark in its command line. */
function findStray({ mark, daemon, program: runs = daemon.program }: Service): ProcessRef | undefined {
  // The kernel keeps 15 bytes of a program's name.
  const program = basename(runs).slice(0, 15);
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      if (stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')) !== program) continue;
      const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
      if (group === pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)) return identify(pid);
    } catch {
      // It ended while we looked.
    }
  }
  return undefined;
}
