import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasErrno, messageOf, UnderstudyError } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { Instance, InstanceState } from '../../platform/fleet.js';
import type { ReleaseStore } from '../../platform/releases.js';
import { type Account, run } from '../../process/run.js';
import { waitUntil } from '../../process/wait.js';
import type { EnvironmentName } from '../../site/schema.js';
import { readJson, writeFileAtomic, writeJson } from '../../state/atomic-file.js';
import type { Balancer } from '../balancer/balancer.js';
import type { Hosts } from '../network/hosts.js';
import type { Service, Supervisor } from '../supervisor.js';
import { prepareEdition, switchEdition } from './editions-on-instance.js';
import { instanceFile } from './instance-files.js';
import {
  environmentText,
  type InstanceSettings,
  instanceServices,
  originOf,
  previewOriginOf,
  type WebInstance,
  webInstance,
} from './web-instance.js';

export interface InstancesOptions {
  readonly settings: Omit<InstanceSettings, 'account'>;
  readonly hosts: Hosts;
  readonly supervisor: Supervisor;
  readonly balancer: Balancer;
  readonly releases: Pick<ReleaseStore, 'currentEdition'>;
  readonly accounts: Readonly<Record<EnvironmentName, Account | undefined>>;
  readonly presentUser: { readonly user: string; readonly group: string };
}

const bootedSchema = z.object({ fingerprint: z.string() });

/** How long an instance may take from the start of its servers to its first good answer. */
const bootMs = 20_000;
/** An instance whose servers run but which has not answered for this long is started anew. */
const replaceAfterMs = 10_000;

/** The web instances of a site, as the control plane keeps them. */
export class Instances {
  readonly #kept = new Map<string, WebInstance>();
  readonly #unwellSince = new Map<string, number>();
  readonly #busy = new Set<string>();

  constructor(private readonly options: InstancesOptions) {}

  /** The instances that the definition asks for. */
  wanted(environment: EnvironmentName): readonly WebInstance[] {
    const { settings, hosts } = this.options;
    const { min } = settings.site.environments[environment].capacity;
    return Array.from({ length: min }, (_, index) =>
      webInstance(settings.layout, environment, hosts.instance(environment, index + 1)),
    );
  }

  /** Of every instance that may run, for whoever stops them. */
  allServices(): readonly Service[] {
    const instances = [...this.wanted('dev'), ...this.wanted('prod'), ...this.#kept.values(), this.#canary];
    const services = instances.flatMap((instance) => [...this.#services(instance)].reverse());
    return [...new Map(services.map((service) => [service.name, service])).values()];
  }

  get #canary(): WebInstance {
    return webInstance(this.options.settings.layout, 'prod', this.options.hosts.canary);
  }

  /** Boots an instance, or leaves it alone if it runs as it should. Then it is kept running and gets traffic. */
  async ensure(instance: WebInstance, signal?: AbortSignal): Promise<void> {
    await this.#alone(instance, async () => {
      await this.#boot(instance, await this.options.releases.currentEdition(), signal);
      this.#kept.set(instance.id, instance);
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
      for (const service of [...this.#services(instance)].reverse()) await this.options.supervisor.stop(service);
      await rm(instance.root, { recursive: true, force: true });
      await rm(instance.envFile, { force: true });
      await rm(bootedFile(instance), { force: true });
    });
  }

  async bootCanary(): Promise<Instance> {
    await this.#boot(this.#canary, undefined);
    return this.#describe(this.#canary, 'healthy');
  }

  dismissCanary(): Promise<void> {
    return this.dismiss(this.#canary);
  }

  /** Starts PHP anew while no traffic comes. */
  async refresh(id: string): Promise<void> {
    const instance = this.#kept.get(id);
    if (!instance) throw new UnderstudyError({ code: 'instance-unknown', message: `There is no instance ${id}.` });
    await this.#alone(instance, async () => {
      const { balancer, supervisor } = this.options;
      const others = (await this.list(instance.environment)).some((one) => one.id !== id && one.state === 'healthy');
      // The only instance that is well is not taken away: its visitors wait for PHP to come back.
      if (others) await balancer.setWebServer(instance.environment, id, 'maint');
      const [php] = this.#services(instance);
      await supervisor.restart(php);
      await this.#waitUntilWell(instance);
      await balancer.setWebServer(instance.environment, id, 'ready');
      if (others) await this.#waitUntilRouted(instance);
    });
  }

  async list(environment: EnvironmentName): Promise<readonly Instance[]> {
    const { health } = await this.options.balancer.counters(environment);
    const kept = [...this.#kept.values()]
      .filter((instance) => instance.environment === environment)
      .sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
    return Promise.all(kept.map((instance) => this.#describe(instance, this.#stateOf(instance, health[instance.id]))));
  }

  /** Starts anew what runs and yet does not answer. What has died is restarted by the supervisor. */
  async tick(now = performance.now()): Promise<void> {
    for (const environment of ['dev', 'prod'] as const) {
      for (const { id, state } of await this.list(environment)) {
        if (state === 'healthy' || this.#busy.has(id)) {
          this.#unwellSince.delete(id);
          continue;
        }
        const since = this.#unwellSince.get(id) ?? now;
        this.#unwellSince.set(id, since);
        const instance = this.#kept.get(id);
        if (!instance || now - since < replaceAfterMs) continue;
        this.#unwellSince.delete(id);
        await this.#alone(instance, async () => {
          for (const service of this.#services(instance)) await this.options.supervisor.restart(service);
        });
      }
    }
  }

  #stateOf(instance: WebInstance, health: string | undefined): InstanceState {
    const running = this.#services(instance).every(({ name }) => this.options.supervisor.isRunning(name));
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
      edition: instance.environment === 'prod' ? await editionOf(instance) : undefined,
      origin: originOf(instance),
      previewOrigin: previewOriginOf(instance),
    };
  }

  async #boot(instance: WebInstance, edition: Edition | undefined, signal?: AbortSignal): Promise<void> {
    const { supervisor, settings, hosts, accounts, presentUser } = this.options;
    const account = accounts[instance.environment];
    const who = account ? { user: account.name, group: account.name } : presentUser;
    const text = environmentText(instance, { ...settings, account: who });
    const fingerprint = fingerprintOf(text);
    const asBefore = (await readJson(bootedFile(instance), bootedSchema))?.fingerprint === fingerprint;
    const services = this.#services(instance);
    if (!asBefore) {
      // What runs was made by other templates or for another definition.
      for (const service of [...services].reverse()) await supervisor.stop(service);
    }
    await writeFileAtomic(instance.envFile, text, { mode: 0o640 });
    await run(instanceFile('boot'), [instance.envFile], { signal, deadlineMs: 60_000 });
    if (instance.environment === 'prod' && edition && (await editionOf(instance)) !== edition.id) {
      await prepareEdition({ instance, edition, hosts, layout: settings.layout }, signal);
      await switchEdition(instance, edition.id, 0);
    }
    for (const service of services) await supervisor.ensure(service);
    await this.#waitUntilWell(instance, signal);
    await writeJson(bootedFile(instance), { fingerprint });
  }

  async #waitUntilWell(instance: WebInstance, signal?: AbortSignal): Promise<void> {
    let last: unknown;
    await waitUntil(
      async () => {
        const answer = await fetch(`${originOf(instance)}/-/health`, {
          signal: AbortSignal.timeout(2_000),
          redirect: 'manual',
        }).catch((error) => {
          last = error;
        });
        return answer?.status === 200;
      },
      {
        what: `${instance.id} to answer`,
        deadlineMs: bootMs,
        signal,
        remedy: `Read ${join(instance.root, 'logs')}${last ? ` (${messageOf(last)})` : ''}.`,
      },
    );
  }

  async #waitUntilRouted(instance: WebInstance): Promise<void> {
    await waitUntil(
      async () => (await this.options.balancer.counters(instance.environment)).health[instance.id] === 'up',
      { what: `the balancer to route to ${instance.id}`, deadlineMs: 10_000 },
    );
  }

  #services(instance: WebInstance) {
    const { settings, accounts } = this.options;
    return instanceServices(settings.layout, instance, settings, accounts[instance.environment]);
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

const bootedFile = ({ root }: WebInstance) => `${root}.booted.json`;

/** Told from the link itself: what is served is what it points to. */
async function editionOf(instance: WebInstance): Promise<number | undefined> {
  try {
    const id = Number((await readlink(join(instance.root, 'current'))).split('/').at(-1));
    return id === 0 ? undefined : id;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Changes with the instance's description, and with any file that an instance is made from. */
function fingerprintOf(environment: string): string {
  const hash = createHash('sha256').update(environment);
  const add = (path: string) => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(path).update(readFileSync(path));
  };
  for (const name of ['boot', 'variables.sh', 'render.awk', 'nginx', 'php-fpm', 'health', 'pages'])
    add(instanceFile(name));
  return hash.digest('hex');
}
