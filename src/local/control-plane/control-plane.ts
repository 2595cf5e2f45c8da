import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { refusal } from '../../output/errors.js';
import type { WorkOptions } from '../../platform/work.js';
import type { Site } from '../../site/schema.js';
import { writeJson } from '../../state/atomic-file.js';
import { authorityFile } from '../balancer/certificate.js';
import { type Layout, paths } from '../layout.js';
import { ensureAccounts } from '../machine/accounts.js';
import { claimNetwork, networkOf } from '../network/claim.js';
import { anyRecordedRuns } from '../supervisor.js';
import type { UpResult } from './api.js';
import { authorityDir, bringUp } from './bring-up.js';
import { lookAfter } from './look-after.js';
import { assemble, type Running } from './running.js';

/**
 * Supervises one site on this machine: starts what the definition asks for, keeps it running, and answers for it.
 * If it is killed, everything goes on; the next one adopts what runs.
 */
export class ControlPlane {
  #running: Running | undefined;
  #loop: { readonly ended: Promise<void>; stop(): void } | undefined;
  /** `up` and `down` come one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly layout: Layout,
    private readonly log: Logger,
  ) {}

  /** @throws refusal `not-up` before an `up` has come to its end */
  get running(): Running {
    if (this.#running) return this.#running;
    throw refusal({ code: 'not-up', message: 'The platform is not up.', remedy: 'Run `understudy up`.' });
  }

  /** Idempotent. If a first start fails, what it has started is stopped again. */
  up(site: Site, work: WorkOptions): Promise<UpResult> {
    return this.#alone(() => this.#up(site, work));
  }

  /** Stops every server, also those that an earlier control plane has left. Data stays. */
  down(site: Site | undefined): Promise<void> {
    return this.#alone(async () => {
      await rm(paths.upMarker(this.layout), { force: true });
      await this.#endLoop();
      const claim = await networkOf(this.layout);
      const running = this.#running ?? (site && claim && (await assemble(this.layout, site, claim, this.log)));
      this.#running = undefined;
      if (running) await stopEverything(running);
    });
  }

  async #up(site: Site, work: WorkOptions): Promise<UpResult> {
    const started = performance.now();
    await ensureAccounts();
    const before = this.#running;
    await this.#endLoop();
    // What an earlier control plane has left running counts as well.
    const wasUp = await anyRecordedRuns(paths.processes(this.layout));
    const claim = await claimNetwork(this.layout, site, wasUp);
    const running = await assemble(this.layout, site, claim, this.log);
    try {
      await bringUp(running, work);
      await writeJson(paths.upMarker(this.layout), { since: new Date().toISOString() });
      await before?.databases?.cluster.end();
      this.#running = running;
    } catch (error) {
      this.log.error({ err: error }, 'up failed');
      if (!wasUp) await stopEverything(running);
      throw error;
    } finally {
      if (this.#running) this.#startLoop(this.#running);
    }
    return {
      urls: running.parts.urls,
      authorityFile: authorityFile(authorityDir(running.parts)),
      ms: Math.round(performance.now() - started),
    };
  }

  #startLoop(running: Running): void {
    const stopping = new AbortController();
    this.#loop = { ended: lookAfter(running, this.log, stopping.signal), stop: () => stopping.abort() };
  }

  async #endLoop(): Promise<void> {
    this.#loop?.stop();
    await this.#loop?.ended;
    this.#loop = undefined;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

/** Those who write first, the databases last. */
async function stopEverything({ supervisor, balancer, databases, instances }: Running): Promise<void> {
  await Promise.all(instances.allServices().map((service) => supervisor.stop(service)));
  await Promise.all(balancer.services().map((service) => supervisor.stop(service)));
  await databases?.cluster.end();
  await Promise.all((databases?.services ?? []).map((service) => supervisor.stop(service)));
}
