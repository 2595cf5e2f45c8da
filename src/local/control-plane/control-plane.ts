import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { eventNotice } from '../../monitoring/event-notice.js';
import { messageOf, refusal, UnderstudyError } from '../../output/errors.js';
import { silent } from '../../output/messages.js';
import type { Secret } from '../../output/secret.js';
import type { WorkOptions } from '../../platform/work.js';
import type { Site } from '../../site/schema.js';
import { writeJson } from '../../state/atomic-file.js';
import { lockHolder } from '../../state/lock.js';
import { authorityFile } from '../balancer/certificate.js';
import { EventJournal, type NewEvent, type TellEvent } from '../event-journal.js';
import { lastError } from '../last-error.js';
import { type Layout, paths } from '../layout.js';
import { ensureAccounts } from '../machine/accounts.js';
import { MetricsGatherer } from '../monitoring/gather-metrics.js';
import { mailNotifier } from '../monitoring/mail-notifier.js';
import { metricsType, renderMetrics } from '../monitoring/metrics.js';
import { MetricsServer } from '../monitoring/metrics-server.js';
import { mailRoute } from '../monitoring/settings.js';
import { keepSmtpPassword } from '../monitoring/smtp-password.js';
import { claimNetwork } from '../network/claim.js';
import { type Hosts, hostsOf, ports } from '../network/hosts.js';
import { serviceKinds } from '../service-record.js';
import { readSite } from '../site/applied-site.js';
import { Supervisor } from '../supervisor.js';
import type { UpResult } from './api.js';
import { authorityDir, bringUp } from './bring-up.js';
import { laterChanges, requireChangeable } from './definition-changes.js';
import { guardService } from './guard-service.js';
import { lookAfter } from './look-after.js';
import { assemble, type Running } from './running.js';

/** Between two attempts to take over a site of which something does not come up. */
const adoptAgainMs = 10_000;

/**
 * Supervises one site on this machine: starts what the definition asks for, keeps it running, and answers for it.
 * If it is killed, everything goes on; the next one adopts what runs.
 */
export class ControlPlane {
  readonly #supervisor: Supervisor;
  readonly #events: EventJournal;
  #running: Running | undefined;
  readonly #diedAt = new Map<string, number>();
  readonly #metrics: MetricsServer;
  #loop: { readonly ended: Promise<void>; stop(): void } | undefined;
  /** `up` and `down` come one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #turns = 0;
  #adopting = false;
  #firstTakeOver: Promise<boolean> = Promise.resolve(true);
  /** Ends an `up` that is under way, so that `down` need not wait for it. */
  #interruption = new AbortController();

  constructor(
    private readonly layout: Layout,
    private readonly log: Logger,
  ) {
    this.#events = new EventJournal(paths.events(layout), (error, event) =>
      log.error({ event, problem: messageOf(error) }, 'an event could not be kept'),
    );
    this.#supervisor = new Supervisor(paths.processes(layout), {
      died: (name, delayMs) => {
        this.#diedAt.set(name, Date.now());
        log.warn({ name, delayMs }, 'died; it will be started again');
      },
      restarted: (name) => log.info({ name }, 'started again'),
      failed: (name, error, delayMs) => log.error({ name, delayMs, problem: messageOf(error) }, 'cannot be started'),
      cannotStart: ({ name, since, deaths, logFile }) =>
        void lastError(logFile).then((reason) => {
          const detail = `It has died ${deaths} times since ${since}; it is tried again ever more seldom, at last every 10 s. ${reason}`;
          this.#keepEvent({ kind: 'cannot-start', subject: name, detail: detail.trim() });
        }),
      stayedUp: (name) => this.#keepEvent({ kind: 'started-again', subject: name, detail: 'It has stayed up.' }),
    });
    const gatherer = new MetricsGatherer((name) => this.#diedAt.get(name));
    this.#metrics = new MetricsServer(async () => renderMetrics(await gatherer.gather(this.running)), metricsType);
  }

  readonly #keepEvent: TellEvent = (event) => {
    this.log.warn(event, 'event');
    this.#events.tell(event);
  };

  /** Whether there is nothing that it looks after, and nothing that it is doing. */
  get isIdle(): boolean {
    return this.#running === undefined && this.#turns === 0 && !this.#adopting;
  }

  /** @throws refusal `not-up` before an `up` has come to its end */
  get running(): Running {
    if (this.#running) return this.#running;
    throw refusal({ code: 'not-up', message: 'The platform is not up.', remedy: 'Run `understudy up`.' });
  }

  /** The same, after an `up` or a take-over that is under way. */
  async ready(): Promise<Running> {
    if (!this.#running) {
      await this.#firstTakeOver;
      await this.#turn;
    }
    return this.running;
  }

  /** Idempotent. If a first start fails, what it has started is stopped again. */
  up(site: Site, { report, signal }: WorkOptions, smtpPassword?: Secret): Promise<UpResult> {
    return this.#alone(() => {
      this.#interruption = new AbortController();
      const work = { report, signal: AbortSignal.any([signal, this.#interruption.signal]) };
      return this.#up(site, work, smtpPassword);
    });
  }

  /**
   * After a crash, or a restart of the machine: a site that is meant to be up is brought up without being asked. What
   * does not come up is tried again, and what does is looked after meanwhile.
   */
  async adopt(): Promise<void> {
    this.#adopting = true;
    this.#firstTakeOver = this.#takeOver();
    for (let done = await this.#firstTakeOver; !done; done = await this.#takeOver()) await delay(adoptAgainMs);
    this.#adopting = false;
  }

  /** @returns whether nothing is left to do */
  async #takeOver(): Promise<boolean> {
    const site = this.#isMeantToBeUp ? await readSite(this.layout) : undefined;
    if (!site) return true;
    try {
      const { ms } = await this.up(site, { report: silent, signal: new AbortController().signal });
      this.log.info({ ms }, 'taken over');
      return true;
    } catch (error) {
      this.log.error({ problem: messageOf(error) }, 'the site could not be taken over wholly; it is tried again');
      return false;
    }
  }

  /**
   * Stops every server, also those that an earlier control plane or definition has left. Data stays.
   * @throws refusal `promotion-running`
   */
  async down(): Promise<void> {
    await this.#refuseDuringPromotion();
    this.#interruption.abort(new UnderstudyError({ code: 'interrupted', message: 'The site is being stopped.' }));
    return this.#alone(async () => {
      await rm(paths.upMarker(this.layout), { force: true });
      // The load goes with the visitors.
      await rm(paths.instanceCounts(this.layout), { force: true });
      await this.#endLoop();
      const databases = this.#running?.databases;
      this.#running = undefined;
      await this.#metrics.close();
      await databases?.cluster.end();
      await this.#stopEverything();
    });
  }

  get #isMeantToBeUp(): boolean {
    return existsSync(paths.upMarker(this.layout));
  }

  async #up(site: Site, work: WorkOptions, smtpPassword: Secret | undefined): Promise<UpResult> {
    const started = performance.now();
    const before = this.#running;
    const isFirst = !this.#isMeantToBeUp;
    let running: Running | undefined;
    await this.#endLoop();
    try {
      await this.#compare(site, work);
      running = await this.#assemble(site);
      await keepSmtpPassword(running.parts, smtpPassword);
      // Two that make the same standby a copy would do it over each other's.
      await before?.databases?.cluster.stopRebuild();
      await bringUp(running, work);
      await writeJson(paths.upMarker(this.layout), { since: new Date().toISOString() });
      this.#running = running;
      await before?.databases?.cluster.end();
      return {
        urls: running.parts.urls,
        authorityFile: authorityFile(authorityDir(running.parts)),
        ms: Math.round(performance.now() - started),
      };
    } catch (error) {
      this.log.error({ err: error }, 'up failed');
      if (isFirst) await this.#stopEverything();
      // What could be taken over is looked after all the same.
      else if (!before && running) this.#running = running;
      if (this.#running !== running) await running?.databases?.cluster.end();
      throw error;
    } finally {
      if (this.#running) await this.#beGuarded();
      if (this.#running) await this.#tell(this.#running);
      if (this.#running) this.#startLoop(this.#running);
    }
  }

  /** A guard that cannot be started leaves things as they are without one. */
  async #beGuarded(): Promise<void> {
    try {
      await this.#supervisor.ensure(guardService(this.layout));
    } catch (error) {
      this.log.error({ problem: messageOf(error) }, 'nobody would notice if this control plane were lost');
    }
  }

  /** Where nobody can be told what there is to tell, the site runs all the same. */
  async #tell({ parts }: Running): Promise<void> {
    try {
      await this.#metrics.listen(parts.hosts.monitoring.controlPlane, ports.metrics);
    } catch (error) {
      this.log.error({ problem: messageOf(error) }, 'metrics cannot be asked for');
    }
  }

  async #compare(site: Site, { report }: WorkOptions): Promise<void> {
    const applied = await readSite(this.layout);
    if (!applied) return;
    const isRunning = await this.#anyRuns(serviceKinds);
    requireChangeable(applied, site, isRunning);
    for (const text of laterChanges(applied, site, isRunning)) report({ kind: 'note', level: 'info', text });
  }

  async #assemble(site: Site): Promise<Running> {
    await ensureAccounts();
    // The ports that it claimed before are taken by the site's own balancer.
    const claim = await claimNetwork(this.layout, site, {
      balancerRuns: await this.#anyRuns(['balancer']),
      databasesRun: await this.#anyRuns(['database']),
    });
    const hosts = hostsOf(claim.network, site);
    return assemble(this.layout, site, claim, this.#supervisor, (event) => {
      this.#keepEvent(event);
      this.#notify(site, hosts, event);
    });
  }

  /** Not waited for: a repair must not depend on a mail server. */
  #notify(site: Site, hosts: Hosts, event: NewEvent): void {
    const notice = eventNotice({ at: new Date().toISOString(), ...event });
    if (!notice) return;
    mailNotifier(mailRoute(this.layout, site, hosts), site.name)
      .notify(notice)
      .catch((error) => this.log.error({ problem: messageOf(error) }, 'a notice could not be sent'));
  }

  async #anyRuns(kinds: typeof serviceKinds | readonly [(typeof serviceKinds)[number]]): Promise<boolean> {
    const { records } = this.#supervisor;
    const names = (await Promise.all(kinds.map((kind) => records.names(kind)))).flat();
    const found = await Promise.all(names.map((name) => records.find(name)));
    return found.some((one) => one !== undefined);
  }

  async #stopEverything(): Promise<void> {
    for (const kind of serviceKinds) await this.#supervisor.stopAll(kind);
  }

  async #refuseDuringPromotion(): Promise<void> {
    const holder = await lockHolder(paths.promotionLock(this.layout));
    // A repair of a replica is stopped together with everything else, and gone on with at the next start.
    if (!holder || holder.process.pid === process.pid) return;
    throw refusal({
      code: 'promotion-running',
      message: `A promotion is going on: ${holder.why} (by ${holder.who}, process ${holder.process.pid}, since ${holder.since}).`,
      remedy: `Wait for its end, or have it taken back with \`kill ${holder.process.pid}\`, and run the command again.`,
    });
  }

  #startLoop(running: Running): void {
    const stopping = new AbortController();
    // Every part of it listens, and so does what they wait for.
    setMaxListeners(0, stopping.signal);
    this.#loop = { ended: lookAfter(running, this.log, stopping.signal), stop: () => stopping.abort() };
  }

  async #endLoop(): Promise<void> {
    this.#loop?.stop();
    await this.#loop?.ended;
    this.#loop = undefined;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    this.#turns++;
    const mine = this.#turn.then(work, work).finally(() => this.#turns--);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
