import { isAlive } from '../process/identity.js';
import { type Service, type ServiceKind, type ServiceRecord, ServiceRecords } from './service-record.js';

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
  /** Deaths in a row, without half a minute of calm in between. */
  deaths: number;
  /** The first of them. ISO 8601. */
  failingSince: string | undefined;
}

/** A service that died this often in a row does not start, whatever its process does at the moment. */
const deathsOfOneThatCannotStart = 3;

export interface FailingService {
  readonly name: string;
  /** ISO 8601. */
  readonly since: string;
  readonly deaths: number;
  readonly logFile: string;
}

export interface SupervisorEvents {
  /** A service died that nobody stopped; it will be started again after `delayMs`. */
  died(name: string, delayMs: number): void;
  restarted(name: string): void;
  /** It could not even be started; tried again after `delayMs`. */
  failed(name: string, error: unknown, delayMs: number): void;
  /** It has died again and again; told once. It goes on being tried, ever more seldom. */
  cannotStart(service: FailingService): void;
  /** After that it has stayed up. */
  stayedUp(name: string): void;
}

/**
 * Keeps services running. They outlive it: every process is written down, and a supervisor that starts later
 * adopts what runs. `tick` is called by whoever has the clock. One for each site: two would restart the same.
 */
export class Supervisor {
  readonly records: ServiceRecords;
  readonly #watched = new Map<string, Watched>();
  /** One operation at a time for each name: a tick must not restart what is being stopped. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(
    recordsDir: string,
    private readonly events: SupervisorEvents,
  ) {
    this.records = new ServiceRecords(recordsDir);
  }

  /** Starts a service, or adopts it if it runs. From now on it is restarted when it dies. */
  ensure(service: Service): Promise<ServiceRecord> {
    return this.#alone(service.name, async () => {
      const present = this.#watched.get(service.name);
      const record =
        present && isAlive(present.record.process)
          ? present.record
          : ((await this.records.find(service.name)) ?? (await this.records.start(service, 0)));
      const delayMs = present?.delayMs ?? firstDelayMs;
      const { deaths = 0, failingSince } = present ?? {};
      this.#watched.set(service.name, { service, record, delayMs, dueAt: undefined, deaths, failingSince });
      return record;
    });
  }

  /** Stops a service for good, whether it is watched or was left by an earlier supervisor. */
  stop({ name }: Pick<Service, 'name'>): Promise<void> {
    return this.#alone(name, async () => {
      this.#watched.delete(name);
      await this.records.stop(name);
    });
  }

  /** Stops every service of a kind, also those that the definition names no longer. */
  async stopAll(kind: ServiceKind): Promise<void> {
    await Promise.all((await this.records.names(kind)).map((name) => this.stop({ name })));
  }

  /** The fence: kills a service and returns when it is seen dead. It is not restarted until `ensure`. */
  fence({ name }: Pick<Service, 'name'>): Promise<void> {
    return this.#alone(name, async () => {
      this.#watched.delete(name);
      await this.records.kill(name);
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

  /** Every service that is to run. */
  services(): readonly Service[] {
    return [...this.#watched.values()].map(({ service }) => service);
  }

  /** Those that die again and again. */
  failing(): readonly FailingService[] {
    return [...this.#watched.values()].filter(({ deaths }) => deaths >= deathsOfOneThatCannotStart).map(failing);
  }

  /** Looks at every service once; starts again what is due. Never throws for a single service. */
  async tick(now = performance.now()): Promise<void> {
    await Promise.all([...this.#watched.values()].map((watched) => this.#look(watched, now)));
  }

  async #look(watched: Watched, now: number): Promise<void> {
    const { name } = watched.service;
    if (isAlive(watched.record.process)) {
      if (Date.now() - Date.parse(watched.record.startedAt) > calmMs) this.#calm(watched);
      return;
    }
    if (watched.dueAt === undefined) {
      watched.dueAt = now + watched.delayMs;
      this.events.died(name, watched.delayMs);
      this.#count(watched);
      watched.delayMs = Math.min(watched.delayMs * 2, longestDelayMs);
      return;
    }
    if (now >= watched.dueAt) await this.#alone(name, () => this.#startAgain(watched, now));
  }

  async #startAgain(watched: Watched, now: number): Promise<void> {
    const { service, record } = watched;
    if (this.#watched.get(service.name) !== watched || isAlive(record.process)) return;
    try {
      await service.beforeRestart?.();
      watched.record = await this.records.start(service, record.restarts + 1);
      watched.dueAt = undefined;
      this.events.restarted(service.name);
    } catch (error) {
      watched.dueAt = now + watched.delayMs;
      this.events.failed(service.name, error, watched.delayMs);
      this.#count(watched);
      watched.delayMs = Math.min(watched.delayMs * 2, longestDelayMs);
    }
  }

  #count(watched: Watched): void {
    watched.failingSince ??= new Date().toISOString();
    watched.deaths++;
    if (watched.deaths === deathsOfOneThatCannotStart) this.events.cannotStart(failing(watched));
  }

  #calm(watched: Watched): void {
    if (watched.deaths >= deathsOfOneThatCannotStart) this.events.stayedUp(watched.service.name);
    watched.delayMs = firstDelayMs;
    watched.deaths = 0;
    watched.failingSince = undefined;
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

function failing({ service, failingSince, deaths }: Watched): FailingService {
  return { name: service.name, since: failingSince ?? '', deaths, logFile: service.daemon.logFile };
}
