import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf, UnderstudyError } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { Instance, InstanceState } from '../../platform/fleet.js';
import type { ReleaseStore } from '../../platform/releases.js';
import { deadlineSignal } from '../../process/deadline.js';
import { waitUntil } from '../../process/wait.js';
import { type EnvironmentName, environmentNames } from '../../site/schema.js';
import { removeWhole } from '../../state/atomic-file.js';
import type { BackendCounters, Balancer } from '../balancer/balancer.js';
import type { TellEvent } from '../event-journal.js';
import { paths } from '../layout.js';
import { editionOn } from './editions-on-instance.js';
import type { InstanceCounts } from './instance-counts.js';
import { InstanceServers, type InstanceServersOptions } from './instance-servers.js';
import { look, type Replacement, type Wellbeing } from './patience.js';
import { Rotation } from './rotation.js';
import { StuckWorkers } from './stuck-workers.js';
import { hasFullDisk, originOf, phpOf, previewOriginOf, type WebInstance, webInstance } from './web-instance.js';

export interface InstancesOptions extends InstanceServersOptions {
  readonly balancer: Balancer;
  readonly counts: Pick<InstanceCounts, 'of'>;
  readonly releases: Pick<ReleaseStore, 'currentEdition'>;
  /** Whether a promotion is going on: it prepares and switches every instance that it has seen, so none may go then. */
  readonly promotionRuns: () => Promise<boolean>;
  readonly tell: TellEvent;
}

/** Longer than all but the slowest requests take. */
const drainMs = 5_000;
/** Longer than any request can take: nobody waits for an instance that goes because it is not needed. */
const patientDrainMs = 65_000;

/** The web instances of a site, as the control plane keeps them. */
export class Instances {
  readonly #kept = new Map<string, WebInstance>();
  readonly #wellbeing = new Map<string, Wellbeing>();
  readonly #busy = new Set<string>();
  readonly #servers: InstanceServers;
  readonly #rotation: Rotation;
  readonly #stuck = new StuckWorkers((id) => phpOf(this.origin(id) ?? ''));

  constructor(private readonly options: InstancesOptions) {
    this.#servers = new InstanceServers(options);
    this.#rotation = new Rotation(options.balancer);
  }

  /** The instances that there are to be: as many as the definition and the load ask for. */
  wanted(environment: EnvironmentName): readonly WebInstance[] {
    const { settings, hosts, counts } = this.options;
    return Array.from({ length: counts.of(environment) }, (_, index) =>
      webInstance(settings.layout, environment, hosts.instance(environment, index + 1)),
    );
  }

  /**
   * Makes the instances of an environment what they are to be: boots what is missing, boots anew what was made from
   * another definition, one after the other and behind a drain, and dismisses what is too much.
   */
  async apply(environment: EnvironmentName, signal?: AbortSignal): Promise<void> {
    const wanted = this.wanted(environment);
    const outdated: WebInstance[] = [];
    for (const instance of wanted) {
      if (!(await this.#servers.areUpToDate(instance)) && (await this.#servers.adopt(instance)))
        outdated.push(instance);
    }
    for (const instance of outdated) this.#kept.set(instance.id, instance);
    await Promise.all(wanted.filter((one) => !outdated.includes(one)).map((one) => this.ensure(one, signal)));
    for (const instance of outdated) {
      await this.#behindDrain(instance, async () => void (await this.#bootCurrent(instance, signal)), signal);
    }
    await waitUntil(
      async () => {
        const { health } = await this.options.balancer.counters(environment);
        return wanted.every(({ id }) => health[id] === 'up');
      },
      { what: `the balancer to see every instance of ${environment} well`, deadlineMs: 45_000, signal },
    );
    for (const instance of await this.#surplus(environment)) {
      await this.#alone(instance, async () => {
        await this.#rotation.drain(instance, drainMs, signal);
        await this.#remove(instance);
      });
    }
  }

  get #canary(): WebInstance {
    return webInstance(this.options.settings.layout, 'prod', this.options.hosts.canary);
  }

  /** Where a kept instance answers. */
  origin(id: string): string | undefined {
    const instance = this.#kept.get(id);
    return instance && originOf(instance);
  }

  /**
   * Boots an instance, or leaves it alone if it runs as it should. Then it is kept running and gets traffic.
   * It may join in the middle of a promotion: whoever switches records the edition first and lists the instances then,
   * and here the record is read once more after the instance can be found in that list. One of the two sees the other.
   */
  async ensure(instance: WebInstance, signal?: AbortSignal): Promise<void> {
    await this.#alone(instance, async () => {
      let booted = await this.#bootCurrent(instance, signal);
      this.#kept.set(instance.id, instance);
      for (;;) {
        const now = await this.options.releases.currentEdition();
        if (JSON.stringify(now) === JSON.stringify(booted)) break;
        booted = await this.#bootCurrent(instance, signal);
      }
      await this.#rotation.takeIn(instance);
    });
  }

  /** The same for one that joins others under load: its first visitor does not wait for PHP to compile the site. */
  async join(instance: WebInstance, signal?: AbortSignal): Promise<void> {
    await this.#alone(instance, async () => {
      await this.#bootCurrent(instance, signal);
      await this.#servers.warm(instance, signal);
    });
    await this.ensure(instance, signal);
  }

  /**
   * Dismisses an instance that serves well and is not needed. Its requests come to their end first.
   * @returns whether it has gone: not while a promotion goes on
   * @throws the signal's reason; it then runs on and gets no new requests
   */
  async retire(instance: WebInstance, signal: AbortSignal): Promise<boolean> {
    return this.#alone(instance, async () => {
      this.#kept.delete(instance.id);
      // A promotion that begins from here on cannot find it; one that had begun may have.
      if (await this.options.promotionRuns()) {
        this.#kept.set(instance.id, instance);
        return false;
      }
      await this.#rotation.drain(instance, patientDrainMs, signal);
      await this.#remove(instance);
      return true;
    });
  }

  /** Takes an instance out of rotation at once, stops it, and removes what it has for itself. */
  async dismiss(instance: WebInstance): Promise<void> {
    await this.#alone(instance, async () => {
      if (instance.id !== this.#canary.id) await this.#rotation.takeOut(instance);
      await this.#remove(instance);
    });
  }

  async #remove(instance: WebInstance): Promise<void> {
    this.#kept.delete(instance.id);
    this.#wellbeing.delete(instance.id);
    for (const service of [...this.#servers.of(instance)].reverse()) await this.options.supervisor.stop(service);
    await this.#servers.clear(instance);
    // Last: what is left of a dismissal that was cut off is found by it.
    await removeWhole(instance.envFile);
  }

  async bootCanary(): Promise<Instance> {
    await this.#alone(this.#canary, () => this.#servers.boot(this.#canary, undefined));
    return this.#describe(this.#canary, 'healthy');
  }

  /** Dismisses a canary that was left by a promotion which is over. */
  async dismissLeftCanary(): Promise<void> {
    if (existsSync(this.#canary.envFile)) await this.dismissCanary();
  }

  dismissCanary(): Promise<void> {
    return this.dismiss(this.#canary);
  }

  /** Starts PHP anew while no traffic comes. */
  async refresh(id: string): Promise<void> {
    const instance = this.#kept.get(id);
    if (!instance) throw new UnderstudyError({ code: 'instance-unknown', message: `There is no instance ${id}.` });
    await this.#behindDrain(instance, async () => {
      await this.options.supervisor.restart(this.#servers.of(instance)[0]);
      await this.#servers.waitUntilWell(instance);
    });
  }

  /**
   * Gives no request to the instances of an environment, lets those under way end, and keeps it so.
   * @param forMs at most so long
   * @param signal ends it; on every way out they get requests again, and a control plane that takes over gives them some
   * @param held told once nothing is under way any more
   * @throws code `deadline` if requests under way do not end
   */
  async hold(
    environment: EnvironmentName,
    { forMs, signal, held }: { readonly forMs: number; readonly signal: AbortSignal; readonly held: () => void },
  ): Promise<void> {
    const over = deadlineSignal(forMs, signal);
    const ended = new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true }));
    const kept = [...this.#kept.values()].filter((instance) => instance.environment === environment);
    let quiet = 0;
    await Promise.all(
      kept.map((instance) =>
        this.#alone(instance, async () => {
          try {
            await this.#rotation.quieten(instance, drainMs, over);
            if (++quiet === kept.length) held();
            if (!over.aborted) await ended;
          } finally {
            await this.#rotation.takeIn(instance);
          }
        }),
      ),
    );
  }

  /** Does something to an instance that disturbs its visitors while it has none, if others can take them. */
  #behindDrain(instance: WebInstance, work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#alone(instance, async () => {
      const { id, environment } = instance;
      const others = (await this.list(environment)).some((one) => one.id !== id && one.state === 'healthy');
      // The only instance that is well is not taken away: its visitors wait for it to come back.
      if (others) await this.#rotation.drain(instance, drainMs, signal);
      await work();
      await this.#rotation.takeIn(instance);
      if (others) await this.#rotation.waitUntilUp(instance, signal);
    });
  }

  async list(environment: EnvironmentName): Promise<readonly Instance[]> {
    const { health } = await this.options.balancer.counters(environment);
    const kept = [...this.#kept.values()]
      .filter((instance) => instance.environment === environment)
      .sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
    return Promise.all(kept.map((instance) => this.#describe(instance, this.#stateOf(instance, health[instance.id]))));
  }

  /**
   * Replaces what runs and yet does not answer, or comes and goes. What has died is restarted by the supervisor. A
   * replacement that fails is tried again, less and less often.
   */
  async tick(now = performance.now()): Promise<void> {
    for (const environment of environmentNames) {
      const { health, sessions } = await this.options.balancer.counters(environment);
      for (const instance of this.#kept.values()) {
        const { id } = instance;
        const state = this.#stateOf(instance, health[id]);
        // While no balancer process answers, nobody says how instances are.
        if (instance.environment !== environment || !health[id] || this.#busy.has(id) || state === 'draining') continue;
        const { wellbeing, replace } = look(this.#wellbeing.get(id), state === 'healthy', now);
        if (wellbeing) this.#wellbeing.set(id, wellbeing);
        else this.#wellbeing.delete(id);
        // Not waited for: while it stops, others must be looked after.
        if (replace) void this.#replace(instance, replace, 'It runs and does not answer');
      }
      // In dev a request may take long by right.
      if (environment === 'prod') await this.#replaceStuck(health, sessions, now);
    }
  }

  async #replaceStuck(
    health: BackendCounters['health'],
    sessions: Readonly<Record<string, number>>,
    now: number,
  ): Promise<void> {
    const serving = Object.entries(sessions).filter(([id]) => health[id] === 'up' && !this.#busy.has(id));
    for (const id of await this.#stuck.look(Object.fromEntries(serving), now)) {
      const instance = this.#kept.get(id);
      // Its requests are asked again of the others, as far as no answer has begun.
      if (instance) void this.#replace(instance, 'servers', 'All of its PHP workers are stuck');
    }
  }

  /** No visitor is there to be disturbed: the balancer has left it alone for seconds, or all who are there wait in vain. */
  async #replace(instance: WebInstance, asked: Replacement, why: string): Promise<void> {
    const { tell } = this.options;
    const { id } = instance;
    const started = performance.now();
    try {
      // Servers that are started anew do not make room.
      const what = hasFullDisk(instance) ? 'everything' : asked;
      const detail = what === 'servers' ? 'its servers are started anew' : 'it is made anew from nothing';
      tell({ kind: 'instance-unwell', subject: id, detail: `${why}; ${detail}.` });
      await this.#makeAnew(instance, what);
      const ms = Math.round(performance.now() - started);
      tell({ kind: 'instance-replaced', subject: id, detail: 'It answers again.', ms });
    } catch (error) {
      tell({ kind: 'cannot-start', subject: id, detail: messageOf(error) });
    }
  }

  #makeAnew(instance: WebInstance, what: Replacement): Promise<void> {
    return this.#alone(instance, async () => {
      const services = this.#servers.of(instance);
      for (const service of services) await this.options.supervisor.fence(service);
      if (what === 'everything' && !(await this.options.promotionRuns())) await this.#servers.clear(instance);
      await this.#bootCurrent(instance);
    });
  }

  #stateOf(instance: WebInstance, health: string | undefined): InstanceState {
    const running = this.#servers.of(instance).every(({ name }) => this.options.supervisor.isRunning(name));
    if (!running) return this.#busy.has(instance.id) ? 'starting' : 'unhealthy';
    if (health === 'up') return 'healthy';
    if (health === 'drain' || health === 'maint') return 'draining';
    return this.#busy.has(instance.id) ? 'starting' : 'unhealthy';
  }

  async #describe(instance: WebInstance, state: InstanceState): Promise<Instance> {
    return {
      id: instance.id,
      environment: instance.environment,
      zone: instance.zone,
      state,
      edition: instance.environment === 'prod' ? await editionOn(instance) : undefined,
      origin: originOf(instance),
      previewOrigin: previewOriginOf(instance),
    };
  }

  /** @returns the edition that it was booted into */
  async #bootCurrent(instance: WebInstance, signal?: AbortSignal): Promise<Edition | undefined> {
    const edition = await this.options.releases.currentEdition();
    await this.#servers.boot(instance, edition, signal);
    return edition;
  }

  /** Those that an earlier definition or load asked for; also one whose dismissal was cut off. */
  async #surplus(environment: EnvironmentName): Promise<readonly WebInstance[]> {
    const { settings, hosts } = this.options;
    const wanted = new Set(this.wanted(environment).map(({ id }) => id));
    const files = await readdir(paths.instances(settings.layout));
    return files
      .filter((file) => file.startsWith(`${environment}-`) && file.endsWith('.env'))
      .map((file) => basename(file, '.env'))
      .filter((id) => !wanted.has(id))
      .map((id) =>
        webInstance(settings.layout, environment, hosts.instance(environment, Number(id.split('-').at(-1)))),
      );
  }

  async #alone<T>(instance: WebInstance, work: () => Promise<T>): Promise<T> {
    // Taken in the same moment in which it is seen to be free: somebody else may have waited for it, too.
    const take = () => {
      if (this.#busy.has(instance.id)) return false;
      this.#busy.add(instance.id);
      return true;
    };
    await waitUntil(take, { what: `what is being done with ${instance.id} to end`, deadlineMs: 60_000 });
    try {
      return await work();
    } finally {
      this.#busy.delete(instance.id);
    }
  }
}
