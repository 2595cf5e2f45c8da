import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf, refusal, toWire } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { EnvironmentName } from '../../site/schema.js';
import { readJson, writeJson } from '../../state/atomic-file.js';
import type { Order, Orders } from '../fleet/orders.js';
import { type Answer, answerSchema, type Report, reportKey } from '../fleet/reports.js';
import type { Bucket } from '../operate/bucket.js';
import { AccessCounter } from './access-counter.js';
import { carryOut, type InstanceParts } from './carry-out.js';
import type { Watched } from './watched.js';

export interface InstanceAgentOptions {
  readonly instance: string;
  readonly environment: EnvironmentName;
  readonly parts: InstanceParts;
  readonly orders: Watched<Orders>;
  /** What prod is to serve; undefined in dev. */
  readonly record: Watched<Edition> | undefined;
  readonly bucket: Bucket;
  /** Where it keeps which order it has carried out. */
  readonly stateFile: string;
  readonly log: (line: string) => void;
  /**
   * So long an instance may serve another edition than the recorded one: longer than a promotion takes between
   * recording an edition and switching to it. Then nobody switches it any more, and it goes there by itself. Default
   * 60,000; the record is looked at six times as often.
   */
  readonly strayMs?: number;
  /** How often its logs are looked at. Default 60,000. */
  readonly logsMs?: number;
}

const tickMs = 1_000;
/** Reports come so often at least; every second while somebody watches. */
const reportEveryMs = 10_000;

const stateSchema = z.object({ answered: answerSchema.optional() });

/**
 * What one instance in AWS does: looks once a second what the operations host wants, does it, and says what it serves.
 * Orders say when; the record of the current edition says what. So an instance that has missed orders, or joins late,
 * comes to serve the same as the others.
 */
export class InstanceAgent {
  readonly #run = randomUUID();
  readonly #counter: AccessCounter;
  #answered: Answer | undefined;
  #working: { readonly number: number | null; readonly ended: Promise<void> } | undefined;
  #reportedAt = 0;
  #lookedAt = 0;
  /** Not at once: servers that have just been started do not know the signal yet. */
  #logsLookedAt = Date.now();
  #strayedSince: number | undefined;

  constructor(private readonly options: InstanceAgentOptions) {
    this.#counter = new AccessCounter(join(options.parts.root, 'logs', 'access.log'));
  }

  /**
   * Before the servers start: brings prod's instance to the edition that is recorded, and says that it is there. Then
   * the record is read again: who switches records the edition first and lists the instances afterwards, so one of the
   * two sees the other.
   */
  async join(signal: AbortSignal): Promise<void> {
    const { editions, currentEdition } = this.options.parts;
    if (!editions) return;
    for (;;) {
      signal.throwIfAborted();
      await editions.bringTo(await currentEdition(), signal);
      await this.#report();
      if (await editions.serves(await currentEdition())) return;
    }
  }

  /** Until it is aborted. A bucket that does not answer changes nothing: what is served stays. */
  async obey(signal: AbortSignal): Promise<void> {
    this.#answered = (await readJson(this.options.stateFile, stateSchema))?.answered;
    while (!signal.aborted) {
      await this.#tick(signal).catch((error) => this.options.log(messageOf(error)));
      await delay(tickMs, undefined, { signal }).catch(() => undefined);
    }
    await this.#working?.ended;
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { orders, instance, parts } = this.options;
    await parts.hold?.endIfOver();
    await this.#counter.read();
    await this.#lookAtLogs();
    // Whatever cannot be read, the instance is there and says so.
    const told = (error: unknown) => this.options.log(messageOf(error));
    const wanted = await orders.read().catch(told);
    const order = wanted?.orders[instance];
    if (!this.#working && order && order.number !== this.#answered?.number) this.#begin(order, signal);
    if (!this.#working) await this.#lookAtRecord(signal).catch(told);
    const every = (wanted?.watchedUntil ?? 0) > Date.now() ? 0 : reportEveryMs;
    if (Date.now() - this.#reportedAt >= every) await this.#report();
  }

  #begin(order: Order, signal: AbortSignal): void {
    this.#work(order.number, async () => {
      this.#answered = { number: order.number, outcome: await this.#outcomeOf(order, signal) };
      // An agent that ends here carries the order out once more; every one may be.
      if (signal.aborted) return;
      await writeJson(this.options.stateFile, { answered: this.#answered });
      this.#strayedSince = undefined;
    });
  }

  async #outcomeOf({ task, until }: Order, signal: AbortSignal): Promise<Answer['outcome']> {
    try {
      if (until <= Date.now()) throw late();
      return { kind: 'done', result: { ...(await carryOut(task, this.options.parts, signal)) } };
    } catch (error) {
      return { kind: 'failed', error: toWire(error) };
    }
  }

  async #lookAtRecord(signal: AbortSignal): Promise<void> {
    const { record, parts, strayMs = 60_000 } = this.options;
    const { editions } = parts;
    if (!record || !editions || Date.now() - this.#lookedAt < strayMs / 6) return;
    const edition = await record.read();
    this.#lookedAt = Date.now();
    if (await editions.serves(edition)) {
      this.#strayedSince = undefined;
      return;
    }
    this.#strayedSince ??= Date.now();
    if (Date.now() - this.#strayedSince < strayMs) return;
    this.options.log(`goes to edition ${edition?.id ?? 'none'}, which is recorded: nobody has switched it there.`);
    this.#work(null, () => editions.bringTo(edition, signal));
  }

  /** A full disk is hours away: that logs cannot be put aside must not keep orders from being seen. */
  async #lookAtLogs(): Promise<void> {
    const { parts, log, logsMs = 60_000 } = this.options;
    if (Date.now() - this.#logsLookedAt < logsMs) return;
    this.#logsLookedAt = Date.now();
    await parts.logs.keepSmall().catch((error) => log(messageOf(error)));
  }

  /** Beside the ticks, so that it can be seen that an instance works. */
  #work(number: number | null, work: () => Promise<void>): void {
    const ended = (async () => {
      try {
        await work();
      } catch (error) {
        this.options.log(messageOf(error));
      } finally {
        this.#working = undefined;
      }
      await this.#report().catch((error) => this.options.log(messageOf(error)));
    })();
    this.#working = { number, ended };
  }

  #reporting: Promise<void> = Promise.resolve();

  /** One after the other: an older one must not take the place of a newer one. */
  #report(): Promise<void> {
    this.#reportedAt = Date.now();
    this.#reporting = this.#reporting
      .catch(() => undefined)
      .then(() => this.#writeReport())
      .catch((error) => {
        // At the next tick: somebody may be waiting for what it says.
        this.#reportedAt = 0;
        throw error;
      });
    return this.#reporting;
  }

  async #writeReport(): Promise<void> {
    const { instance, environment, parts, bucket } = this.options;
    const { editions, servers } = parts;
    const [degraded, php] = await Promise.all([servers.degraded(), servers.php()]);
    const report: Report = {
      instance,
      at: Date.now(),
      run: this.#run,
      current: editions ? await editions.linked('current') : null,
      next: editions ? await editions.linked('next') : null,
      editions: editions ? [...(await editions.names())] : [],
      requests: this.#counter.requests,
      failed: this.#counter.failed,
      ...(degraded ? { degraded: [...degraded] } : {}),
      ...(php ? { php } : {}),
      working: this.#working?.number ?? null,
      ...(this.#answered ? { answered: this.#answered } : {}),
    };
    await bucket.write(reportKey(environment, instance), JSON.stringify(report), undefined);
  }
}

const late = () => refusal({ code: 'order-late', message: 'The order came to this instance after its time was over.' });
