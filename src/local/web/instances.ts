import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { UnderstudyError } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { Instance, InstanceState } from '../../platform/fleet.js';
import type { ReleaseStore } from '../../platform/releases.js';
import { waitUntil } from '../../process/wait.js';
import { type EnvironmentName, environmentNames } from '../../site/schema.js';
import type { Balancer } from '../balancer/balancer.js';
import { paths } from '../layout.js';
import { editionOn } from './editions-on-instance.js';
import { InstanceServers, type InstanceServersOptions } from './instance-servers.js';
import { originOf, previewOriginOf, type WebInstance, webInstance } from './web-instance.js';

export interface InstancesOptions extends InstanceServersOptions {
  readonly balancer: Balancer;
  readonly releases: Pick<ReleaseStore, 'currentEdition'>;
}

/** Longer than all but the slowest requests take. */
const drainMs = 5_000;
/** An instance whose servers run but which has not answered for this long is started anew. */
const replaceAfterMs = 10_000;

/** The web instances of a site, as the control plane keeps them. */
export class Instances {
  readonly #kept = new Map<string, WebInstance>();
  readonly #unwellSince = new Map<string, number>();
  readonly #busy = new Set<string>();
  readonly #servers: InstanceServers;

  constructor(private readonly options: InstancesOptions) {
    this.#servers = new InstanceServers(options);
  }

  /** The instances that the definition asks for. */
  wanted(environment: EnvironmentName): readonly WebInstance[] {
    const { settings, hosts } = this.options;
    const { min } = settings.site.environments[environment].capacity;
    return Array.from({ length: min }, (_, index) =>
      webInstance(settings.layout, environment, hosts.instance(environment, index + 1)),
    );
  }

  /**
   * Makes the instances of an environment what the definition asks for: boots what is missing, boots anew what was
   * made from another definition, one after the other and behind a drain, and dismisses what is too much.
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
    for (const instance of await this.#surplus(environment)) await this.dismiss(instance);
  }

  get #canary(): WebInstance {
    return webInstance(this.options.settings.layout, 'prod', this.options.hosts.canary);
  }

  /** Boots an instance, or leaves it alone if it runs as it should. Then it is kept running and gets traffic. */
  async ensure(instance: WebInstance, signal?: AbortSignal): Promise<void> {
    await this.#alone(instance, async () => {
      const booted = await this.#bootCurrent(instance, signal);
      this.#kept.set(instance.id, instance);
      // A promotion that went on meanwhile did not know of this instance; from here on it does.
      const now = await this.options.releases.currentEdition();
      if (JSON.stringify(now) !== JSON.stringify(booted)) await this.#bootCurrent(instance, signal);
      await this.options.balancer.setWebServer(instance.environment, instance.id, 'ready');
    });
  }

  /** Takes an instance out of rotation, stops it, and removes what it has for itself. */
  async dismiss(instance: WebInstance): Promise<void> {
    await this.#alone(instance, async () => {
      this.#kept.delete(instance.id);
      if (instance.id !== this.#canary.id) {
        await this.options.balancer.setWebServer(instance.environment, instance.id, 'maint');
      }
      for (const service of [...this.#servers.of(instance)].reverse()) await this.options.supervisor.stop(service);
      await rm(instance.root, { recursive: true, force: true });
      await rm(instance.runDir, { recursive: true, force: true });
      await this.#servers.forget(instance);
      // Last: what is left of a dismissal that was cut off is found by it.
      await rm(instance.envFile, { force: true });
    });
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

  /** Does something to an instance that disturbs its visitors while it has none, if others can take them. */
  #behindDrain(instance: WebInstance, work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#alone(instance, async () => {
      const { balancer } = this.options;
      const { id, environment } = instance;
      const others = (await this.list(environment)).some((one) => one.id !== id && one.state === 'healthy');
      // The only instance that is well is not taken away: its visitors wait for it to come back.
      if (others) await this.#drain(instance, signal);
      await work();
      await balancer.setWebServer(environment, id, 'ready');
      if (others) await this.#waitUntilRouted(instance, signal);
    });
  }

  /** Nothing new comes, and what is under way comes to its end, within limits. */
  async #drain({ environment, id }: WebInstance, signal?: AbortSignal): Promise<void> {
    const { balancer } = this.options;
    await balancer.setWebServer(environment, id, 'drain');
    const idle = async () => (await balancer.counters(environment)).sessions[id] === 0;
    const what = `the requests that ${id} has to end`;
    await waitUntil(idle, { what, deadlineMs: drainMs, everyMs: 20, signal }).catch(() => signal?.throwIfAborted());
    await balancer.setWebServer(environment, id, 'maint');
  }

  async list(environment: EnvironmentName): Promise<readonly Instance[]> {
    const { health } = await this.options.balancer.counters(environment);
    const kept = [...this.#kept.values()]
      .filter((instance) => instance.environment === environment)
      .sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
    return Promise.all(kept.map((instance) => this.#describe(instance, this.#stateOf(instance, health[instance.id]))));
  }

  /**
   * Starts anew what runs and yet does not answer. What has died is restarted by the supervisor.
   * @param failed told when one cannot be started anew; it is tried again
   */
  async tick(failed: (id: string, error: unknown) => void, now = performance.now()): Promise<void> {
    for (const environment of environmentNames) {
      for (const { id, state } of await this.list(environment)) {
        const instance = this.#kept.get(id);
        if (state === 'healthy' || this.#busy.has(id) || !instance) {
          this.#unwellSince.delete(id);
          continue;
        }
        const since = this.#unwellSince.get(id) ?? now;
        this.#unwellSince.set(id, since);
        if (now - since < replaceAfterMs) continue;
        this.#unwellSince.delete(id);
        // Not waited for: while it stops, others must be looked after.
        this.#startAnew(instance).catch((error) => failed(id, error));
      }
    }
  }

  #startAnew(instance: WebInstance): Promise<void> {
    return this.#alone(instance, async () => {
      for (const service of this.#servers.of(instance)) await this.options.supervisor.restart(service);
      await this.#servers.waitUntilWell(instance);
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

  /** Those that an earlier definition asked for; also one whose dismissal was cut off. */
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

  async #waitUntilRouted(instance: WebInstance, signal?: AbortSignal): Promise<void> {
    await waitUntil(
      async () => (await this.options.balancer.counters(instance.environment)).health[instance.id] === 'up',
      { what: `the balancer to route to ${instance.id}`, deadlineMs: 30_000, signal },
    );
  }

  async #alone<T>(instance: WebInstance, work: () => Promise<T>): Promise<T> {
    await waitUntil(() => !this.#busy.has(instance.id), {
      what: `what is being done with ${instance.id} to end`,
      deadlineMs: 60_000,
    });
    this.#busy.add(instance.id);
    try {
      return await work();
    } finally {
      this.#busy.delete(instance.id);
    }
  }
}
