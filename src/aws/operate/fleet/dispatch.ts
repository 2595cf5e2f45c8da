import { setTimeout as delay } from 'node:timers/promises';
import { fromWire, UnderstudyError } from '../../../output/errors.js';
import type { InstanceId } from '../../../platform/edition.js';
import type { EnvironmentName } from '../../../site/schema.js';
import { noOrders, type Orders, ordersKey, ordersSchema, type Task } from '../../fleet/orders.js';
import { type Report, type ResultOf, reportKey, reportSchema, resultSchemas } from '../../fleet/reports.js';
import type { Bucket } from '../bucket.js';
import { changedMeanwhile, parseStored, readStored } from '../stored-json.js';

export interface DispatchOptions {
  readonly bucket: Bucket;
  readonly environment: EnvironmentName;
  /** Instances that are there at this moment, reported or not. Asked while an answer does not come. */
  readonly present: () => Promise<ReadonlySet<InstanceId>>;
  readonly now?: () => number;
}

export interface GiveOptions {
  /** How long the instances may take until they have answered. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

const lookEveryMs = 400;
const presentEveryMs = 5_000;
/** Others write the same document for a moment only. */
const tries = 20;
/** An order whose time was over so long ago is nobody's any more. */
const forgetMs = 10 * 60_000;
/** Reports come every second for so long after somebody has asked for them, and it is asked again when half is over. */
const watchMs = 60_000;

/** Gives orders to the instances of an environment and waits for their answers: see docs/decisions/0022-orders-in-a-bucket.md. */
export class Dispatch {
  readonly #now: () => number;
  #watchedUntil = 0;
  /** This process's own writes come one after the other: only those of another one have to be repeated. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: DispatchOptions) {
    this.#now = options.now ?? Date.now;
  }

  /** @returns undefined for one that has never reported */
  report(instance: InstanceId): Promise<Report | undefined> {
    return readStored(this.options.bucket, reportKey(this.options.environment, instance), reportSchema);
  }

  /** Has all instances report every second for a while. Cheap to repeat. */
  async watch(): Promise<void> {
    if (this.#watchedUntil - this.#now() > watchMs / 2) return;
    const until = this.#now() + watchMs;
    this.#watchedUntil = until;
    await this.#change(async (orders) => ({ ...orders, watchedUntil: Math.max(orders.watchedUntil, until) }));
  }

  /**
   * Gives the same order to several instances, in one write, and waits until each has answered.
   * @returns what each answered; one that is in no group any more needs nothing, and is left out
   * @throws what an instance says; `instance-silent` if one does not answer in time; the signal's reason
   */
  async give<T extends Task>(
    instances: readonly InstanceId[],
    task: T,
    { deadlineMs, signal }: GiveOptions,
  ): Promise<ReadonlyMap<InstanceId, ResultOf<T['do']>>> {
    if (instances.length === 0) return new Map();
    const until = this.#now() + deadlineMs;
    const number = await this.#order(instances, task, { deadlineMs, signal });
    const answers = new Map<InstanceId, ResultOf<T['do']>>();
    const awaited = new Set(instances);
    let lookedAt = performance.now();
    while (awaited.size > 0) {
      signal?.throwIfAborted();
      await Promise.all([...awaited].map((id) => this.#collect(id, number, task, answers, awaited)));
      if (awaited.size === 0) break;
      if (performance.now() - lookedAt > presentEveryMs) {
        lookedAt = performance.now();
        const present = await this.options.present();
        for (const id of awaited) if (!present.has(id)) awaited.delete(id);
      }
      if (awaited.size > 0 && this.#now() > until) throw silent([...awaited], task.do, deadlineMs);
      await delay(lookEveryMs, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
    return answers;
  }

  async #collect<T extends Task>(
    id: InstanceId,
    number: number,
    task: T,
    answers: Map<InstanceId, ResultOf<T['do']>>,
    awaited: Set<InstanceId>,
  ): Promise<void> {
    const answered = (await this.report(id))?.answered;
    if (answered?.number !== number) return;
    const { outcome } = answered;
    if (outcome.kind === 'failed') {
      const { remedy, ...error } = outcome.error;
      throw fromWire({ ...error, message: `${id}: ${error.message}`, ...(remedy === undefined ? {} : { remedy }) });
    }
    answers.set(id, resultSchemas[task.do].parse(outcome.result) as ResultOf<T['do']>);
    awaited.delete(id);
  }

  /** @returns its number. Waits for orders that these instances are carrying out, or may be. */
  async #order(instances: readonly InstanceId[], task: Task, { deadlineMs, signal }: GiveOptions): Promise<number> {
    const until = this.#now() + deadlineMs;
    for (;;) {
      signal?.throwIfAborted();
      let busy: readonly InstanceId[] = [];
      const written = await this.#change(async (orders) => {
        busy = await this.#busy(orders, instances);
        if (busy.length > 0) return undefined;
        const number = orders.last + 1;
        const kept = Object.entries(orders.orders).filter(([, order]) => order.until + forgetMs > this.#now());
        const given = instances.map((id) => [id, { number, until, task }] as const);
        return { ...orders, last: number, orders: Object.fromEntries([...kept, ...given]) };
      });
      if (written) return written.last;
      if (this.#now() > until) throw silent(busy, task.do, deadlineMs);
      await delay(lookEveryMs, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
  }

  async #busy(orders: Orders, instances: readonly InstanceId[]): Promise<readonly InstanceId[]> {
    const open = instances.filter((id) => (orders.orders[id]?.until ?? 0) > this.#now());
    const reports = await Promise.all(open.map((id) => this.report(id)));
    return open.filter((id, index) => reports[index]?.answered?.number !== orders.orders[id]?.number);
  }

  /** @param change returns undefined for leaving it as it is */
  #change(change: (orders: Orders) => Promise<Orders | undefined>): Promise<Orders | undefined> {
    const turn = this.#writing.catch(() => undefined).then(() => this.#write(change));
    this.#writing = turn;
    return turn;
  }

  async #write(change: (orders: Orders) => Promise<Orders | undefined>): Promise<Orders | undefined> {
    const { bucket, environment } = this.options;
    const key = ordersKey(environment);
    for (let turn = 0; turn < tries; turn++) {
      const found = await bucket.read(key);
      const next = await change(found ? parseStored(found.text, ordersSchema, bucket.placeOf(key)) : noOrders);
      if (!next) return undefined;
      const text = JSON.stringify(next);
      const condition = found ? { tag: found.tag } : ({ absent: true } as const);
      if ((await bucket.write(key, text, condition)) !== undefined) return next;
      // Written by an attempt whose answer was lost: nobody else writes the same.
      if ((await bucket.read(key))?.text === text) return next;
    }
    throw changedMeanwhile(bucket.placeOf(key));
  }
}

const silent = (instances: readonly InstanceId[], task: Task['do'], ms: number) =>
  new UnderstudyError({
    code: 'instance-silent',
    message: `${instances.join(', ')} did not answer within ${Math.round(ms / 1000)} s (${task}).`,
    remedy: 'Look at the instance (`journalctl -u understudy-agent`), or end it: Auto Scaling starts another one.',
  });
