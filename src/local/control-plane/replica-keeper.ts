import { hasCode, messageOf } from '../../output/errors.js';
import { silent } from '../../output/messages.js';
import type { GateStatus, ReplicationGate } from '../../platform/databases.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { Platform } from '../../platform/platform.js';
import { sequenceOf } from '../../platform/position.js';
import { rebuildIntoEdition } from '../../replication/rebuild-into-edition.js';
import { reviseEverywhere } from '../../replication/revise-edition.js';
import { acquireLock, lockHolder } from '../../state/lock.js';
import { Backoff } from '../database/backoff.js';
import { detection } from '../database/detection.js';
import { LookHistory } from '../database/look-history.js';
import type { ServerProcesses } from '../database/observe.js';
import { isAtEdition, needOf, type ReplicaNeed } from '../database/replica-needs.js';
import { type ReplicaRepair, ReplicaRepairs } from '../database/replica-repairs.js';
import type { ServerLooks } from '../database/site-databases.js';
import type { TellEvent } from '../event-journal.js';
import { type Layout, paths } from '../layout.js';

export interface ReplicaKeeperOptions {
  readonly layout: Layout;
  readonly replicas: readonly ServerId[];
  readonly processes: Pick<ServerProcesses, 'kill' | 'start'>;
  readonly looks: ServerLooks;
  readonly gate: ReplicationGate;
  readonly edition: () => Promise<Edition | undefined>;
  readonly weights: () => Readonly<Record<ServerId, number>>;
  /** The whole platform, as a command has it: a repair is what `understudy replica rebuild` does. */
  readonly platform: () => Promise<Platform>;
  readonly tell: TellEvent;
}

/**
 * Keeps prod's replicas running, gated, and at the position of prod's edition. What it does about one of them it
 * decides anew in each round (`replica-needs.ts`); only a repair that has begun is on disk.
 */
export class ReplicaKeeper {
  readonly #histories = new Map<ServerId, LookHistory>();
  readonly #delays = new Map<ServerId, Backoff>();
  readonly #repairs: ReplicaRepairs;
  #repair: Promise<void> | undefined;
  /** When each leak was found that is not over yet: milliseconds since 1970. */
  readonly #leaks = new Map<ServerId, number>();
  #aheadOf: number | undefined;

  constructor(private readonly options: ReplicaKeeperOptions) {
    this.#repairs = new ReplicaRepairs(paths.replicaRepair(options.layout));
  }

  /** Looks at every replica once. A repair that it begins goes on after it; there is one at a time. */
  async round(signal: AbortSignal): Promise<void> {
    const begun = await this.#repairs.begun();
    if (begun) this.#begin(begun, signal);
    await Promise.all(this.options.replicas.map((replica) => this.#keep(replica, signal)));
  }

  /** Waits for the repair that is under way, which the signal of its round has stopped, and closes the connections. */
  async end(): Promise<void> {
    await this.#repair;
    await this.options.looks.end();
  }

  async #keep(replica: ServerId, signal: AbortSignal): Promise<void> {
    const before = await this.options.edition();
    const began = performance.now();
    const seen = await this.options.looks.look(replica);
    const times = this.#history(replica).add(seen, began);
    const edition = await this.options.edition();
    // Whoever moves a replica on purpose writes before and after: what was seen in between means nothing.
    if (JSON.stringify(before) !== JSON.stringify(edition)) return;
    const weight = this.options.weights()[replica] ?? 0;
    if (!this.#repair && isAtEdition(seen, edition)) this.#tellOfLeakEnd(replica);
    const need = needOf({ seen, times, edition, promoting: await this.#isPromoting(), weight });
    // Ahead of its edition there is nothing to copy, and each attempt would keep the promotion out that mends it.
    if (need.do === 'rebuild' && need.leak && edition?.id === this.#aheadOf) return;
    await this.#meet(replica, need, signal);
  }

  async #meet(replica: ServerId, need: ReplicaNeed, signal: AbortSignal): Promise<void> {
    const { processes, tell } = this.options;
    switch (need.do) {
      case 'nothing':
        return;
      case 'restart':
        tell({ kind: 'server-replaced', subject: replica, detail: need.reason });
        await processes.kill(replica);
        await processes.start(replica);
        return;
      case 'close':
        this.#tellOfLeak(replica, `${need.reason} Its gate is closed again.`);
        await this.options.gate.close(replica);
        return;
      case 'take-in':
        this.#begin({ replica, reason: 'It got no traffic.', leak: false, since: new Date().toISOString() }, signal);
        return;
      case 'rebuild': {
        const { reason, leak } = need;
        this.#begin({ replica, reason, leak, since: new Date().toISOString() }, signal);
      }
    }
  }

  #begin(repair: ReplicaRepair, signal: AbortSignal): void {
    const { replica, reason } = repair;
    const delays = this.#delaysOf(replica);
    if (this.#repair || !delays.isDue() || signal.aborted) return;
    this.#repair = this.#underLock(repair, signal)
      .then((outcome) => {
        if (outcome === 'done') delays.forget();
        if (outcome === 'in-vain') delays.putOff();
      })
      .catch((error) => {
        if (signal.aborted) return;
        delays.putOff();
        const detail = `${messageOf(error)} It has to be rebuilt: ${reason}`;
        this.options.tell({ kind: 'rebuild-failed', subject: replica, detail });
      })
      .finally(() => {
        this.#repair = undefined;
      });
  }

  async #underLock(repair: ReplicaRepair, signal: AbortSignal): Promise<'done' | 'in-vain' | 'locked'> {
    const why = `rebuilding ${repair.replica}`;
    const lock = await acquireLock(paths.promotionLock(this.options.layout), { why }).catch((error) => {
      if (!hasCode(error, 'locked')) throw error;
    });
    // Whoever has it may be moving this very replica.
    if (!lock) return 'locked';
    try {
      return (await this.#carryOut(repair, await this.options.platform(), signal)) ? 'done' : 'in-vain';
    } finally {
      await lock.release();
    }
  }

  /** @returns whether the replica is well again */
  async #carryOut(repair: ReplicaRepair, platform: Platform, signal: AbortSignal): Promise<boolean> {
    const { replica, reason, leak, since } = repair;
    const { database } = platform;
    if (!database || (await this.#isWellAgain(repair, platform))) return true;
    await database.routing.setWeight(replica, 0);
    if (leak) {
      this.#tellOfLeak(replica, reason);
      await database.gate.close(replica);
    }
    if (leak && (await this.#settleForNearest(platform))) return false;
    await this.#repairs.begin(repair);
    await rebuildIntoEdition(platform, replica, { report: silent, signal });
    await this.#repairs.done();
    const ms = Date.now() - Date.parse(since);
    this.options.tell({ kind: 'replica-rebuilt', subject: replica, detail: `It is in use again. ${reason}`, ms });
    return true;
  }

  /** Once for each leak: closing the gate and the repair after it find the same one. */
  #tellOfLeak(replica: ServerId, detail: string): void {
    if (this.#leaks.has(replica)) return;
    this.#leaks.set(replica, Date.now());
    this.options.tell({ kind: 'leak-found', subject: replica, detail });
  }

  /** However it ended: by a repair, by a promotion, or because it was closed before anything had been applied. */
  #tellOfLeakEnd(replica: ServerId): void {
    const since = this.#leaks.get(replica);
    if (since === undefined) return;
    this.#leaks.delete(replica);
    const detail = "Its gate is closed, and it stands where prod's edition does.";
    this.options.tell({ kind: 'leak-closed', subject: replica, detail, ms: Date.now() - since });
  }

  /** A repair that was cut off after its end, or that a promotion has made unnecessary. */
  async #isWellAgain({ replica }: ReplicaRepair, { database, releases }: Platform): Promise<boolean> {
    const edition = await releases.currentEdition();
    const { dataLost } = await this.options.looks.look(replica);
    const seen = await database?.gate.status(replica).catch(() => undefined);
    const isWell =
      // One that has lost its data may go on for a while, out of the files that it has open.
      !dataLost &&
      seen?.gate === 'closed' &&
      seen.errant === undefined &&
      edition?.replicas.includes(replica) === true &&
      seen.position === edition.position;
    if (!isWell) return false;
    await database?.routing.setWeight(replica, 100);
    await this.#repairs.done();
    return true;
  }

  /**
   * Prod is ahead of its edition when no replica stands at its position any more: there is nothing to copy. Then the
   * one that has moved least answers alone, so that all pages tell the same, until a promotion brings both together.
   * Not one that stands before the edition, as after a promotion that was cut off in its bake: its content belongs to
   * earlier code, and is the way back.
   */
  async #settleForNearest(platform: Platform): Promise<boolean> {
    const { database, releases } = platform;
    const edition = await releases.currentEdition();
    if (!database || !edition) return false;
    const standing = await Promise.all(
      this.options.replicas.map(async (id) => ({ id, seen: await database.gate.status(id).catch(() => undefined) })),
    );
    const isAhead = standing.every(({ seen }) => seen?.gate === 'closed' && seen.position !== edition.position);
    if (!isAhead) return false;
    const meant = edition.position === undefined ? 0 : sequenceOf(edition.position);
    const [nearest] = standing
      .filter(({ seen }) => seen?.errant === undefined && reached(seen) > meant)
      .sort((a, b) => reached(a.seen) - reached(b.seen));
    if (!nearest) return false;
    await this.#useAlone(platform, edition, nearest.id);
    if (this.#aheadOf !== edition.id) {
      const detail = `No replica stands at ${edition.position} any more. ${nearest.id} answers alone; promote to mend it.`;
      this.options.tell({ kind: 'ahead-of-edition', subject: 'prod', detail });
    }
    this.#aheadOf = edition.id;
    this.#leaks.clear();
    return true;
  }

  async #useAlone(platform: Platform, edition: Edition, replica: ServerId): Promise<void> {
    for (const id of this.options.replicas) {
      await platform.database?.routing.setWeight(id, id === replica ? 100 : 0);
    }
    if (edition.replicas.join() !== replica) await reviseEverywhere(platform, { ...edition, replicas: [replica] });
    await this.#repairs.done();
  }

  async #isPromoting(): Promise<boolean> {
    return (await lockHolder(paths.promotionLock(this.options.layout))) !== undefined;
  }

  #history(replica: ServerId): LookHistory {
    const history = this.#histories.get(replica) ?? new LookHistory();
    this.#histories.set(replica, history);
    return history;
  }

  #delaysOf(replica: ServerId): Backoff {
    const delays = this.#delays.get(replica) ?? new Backoff(detection.rebuildAgainMs, detection.rebuildAtLatestMs);
    this.#delays.set(replica, delays);
    return delays;
  }
}

const reached = (seen: GateStatus | undefined) => (seen ? sequenceOf(seen.position) : Number.POSITIVE_INFINITY);
