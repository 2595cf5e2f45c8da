import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasErrno } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import { InstanceAnswers } from '../../platform/instance-answers.js';
import { type Account, run } from '../../process/run.js';
import { waitUntil } from '../../process/wait.js';
import type { EnvironmentName } from '../../site/schema.js';
import { readJson, writeFileAtomic, writeJson } from '../../state/atomic-file.js';
import type { Hosts } from '../network/hosts.js';
import type { Supervisor } from '../supervisor.js';
import { editionOn, prepareEdition, reviseEdition, switchEdition } from './editions-on-instance.js';
import { fingerprintOf } from './fingerprint.js';
import { instanceFile } from './instance-files.js';
import { warmHomePage } from './warm-home-page.js';
import {
  environmentText,
  type InstanceSettings,
  instanceServices,
  originOf,
  type WebInstance,
} from './web-instance.js';

export interface InstanceServersOptions {
  readonly settings: Omit<InstanceSettings, 'account'>;
  readonly hosts: Hosts;
  readonly supervisor: Supervisor;
  readonly accounts: Readonly<Record<EnvironmentName, Account | undefined>>;
  readonly urls: Readonly<Record<EnvironmentName, string>>;
  readonly presentUser: { readonly user: string; readonly group: string };
}

const bootedSchema = z.object({ fingerprint: z.string() });

/** How long an instance may take from the start of its servers to its first good answer. */
const bootMs = 45_000;

/** The two servers that an instance consists of, and what they are made from. Nobody is routed anywhere here. */
export class InstanceServers {
  constructor(private readonly options: InstanceServersOptions) {}

  /** PHP first. */
  of(instance: WebInstance) {
    const { settings, accounts } = this.options;
    return instanceServices(settings.layout, instance, settings, accounts[instance.environment]);
  }

  /**
   * Boots an instance, or leaves it alone if it runs as it should. Ends when it answers.
   * @param edition what it serves in prod, if it does not serve it yet
   */
  async boot(instance: WebInstance, edition: Edition | undefined, signal?: AbortSignal): Promise<void> {
    const text = this.#environmentText(instance);
    const upToDate = await this.areUpToDate(instance);
    if (!(upToDate && this.#run(instance))) await this.#lay(instance, text, upToDate, signal);
    if (instance.environment === 'prod' && edition) await this.#bringTo(edition, instance, signal);
    for (const service of this.of(instance)) await this.options.supervisor.ensure(service);
    await this.waitUntilWell(instance, signal);
    if (!upToDate) await writeJson(bootedFile(instance), { fingerprint: fingerprintOf(text) });
  }

  /** Also one that has the edition may have been away when another replica was to answer for it. */
  async #bringTo(edition: Edition, instance: WebInstance, signal?: AbortSignal): Promise<void> {
    const { hosts, settings } = this.options;
    const what = { instance, edition, hosts, layout: settings.layout };
    if ((await editionOn(instance)) === edition.id) return reviseEdition(what);
    await prepareEdition(what, signal);
    await switchEdition(instance, edition.id, 0);
  }

  /** What the servers need before they start. */
  async #lay(instance: WebInstance, text: string, upToDate: boolean, signal: AbortSignal | undefined): Promise<void> {
    if (!upToDate) {
      // What runs was made by other templates or for another definition.
      for (const service of [...this.of(instance)].reverse()) await this.options.supervisor.stop(service);
    }
    await writeFileAtomic(instance.envFile, text, { mode: 0o640 });
    await run(instanceFile('boot'), [instance.envFile], { signal, deadlineMs: 60_000 });
  }

  #run(instance: WebInstance): boolean {
    return this.of(instance).every(({ name }) => this.options.supervisor.isRunning(name));
  }

  /** Watches over the servers that run already. @returns whether any did */
  async adopt(instance: WebInstance): Promise<boolean> {
    const { supervisor } = this.options;
    const running = await Promise.all(this.of(instance).map(({ name }) => supervisor.records.find(name)));
    if (running.every((one) => one === undefined)) return false;
    for (const service of this.of(instance)) await supervisor.ensure(service);
    return true;
  }

  /** Whether the instance was booted from what stands in the definition and in `instance/` now. */
  async areUpToDate(instance: WebInstance): Promise<boolean> {
    const booted = await readJson(bootedFile(instance), bootedSchema);
    return booted?.fingerprint === fingerprintOf(this.#environmentText(instance));
  }

  /** Removes everything that an instance has for itself but the file that describes it. Its servers do not run. */
  async clear(instance: WebInstance): Promise<void> {
    // First: an instance without its folder must not count as booted.
    await rm(bootedFile(instance), { force: true });
    await removeFolder(instance.root);
    await rm(instance.runDir, { recursive: true, force: true });
  }

  /** Has PHP compile the site, and keeps the home page, before visitors come. One that does not answer is not waited for. */
  async warm(instance: WebInstance, signal?: AbortSignal): Promise<void> {
    await warmHomePage(originOf(instance), this.options.urls[instance.environment], signal);
    signal?.throwIfAborted();
  }

  async waitUntilWell(instance: WebInstance, signal?: AbortSignal): Promise<void> {
    await waitUntil(async () => (await new InstanceAnswers(originOf(instance)).degraded()) !== undefined, {
      what: `${instance.id} to answer`,
      deadlineMs: bootMs,
      signal,
      remedy: `Read the logs in ${join(instance.root, 'logs')}.`,
    });
  }

  #environmentText(instance: WebInstance): string {
    const { settings, accounts, presentUser } = this.options;
    const account = accounts[instance.environment];
    const who = account ? { user: account.name, group: account.name } : presentUser;
    return environmentText(instance, { ...settings, account: who });
  }
}

/** With everything in it. What a disk is mounted on stays, empty. */
async function removeFolder(folder: string): Promise<void> {
  const ignore = (code: string) => (error: unknown) => {
    if (!hasErrno(error, code)) throw error;
  };
  const names = (await readdir(folder).catch(ignore('ENOENT'))) ?? [];
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true }).catch(ignore('EBUSY'));
}

const bootedFile = ({ root }: WebInstance) => `${root}.booted.json`;
