import type { PhpStatus } from '../../platform/instance-answers.js';
import { phpWorkers } from './web-instance.js';

/** What they are told by. */
export type WorkerCounts = Pick<PhpStatus, 'busy' | 'begun'>;

/**
 * Much longer than eight workers need until one of them is free, as long as they work at all; and so short that who
 * waits there is answered by another instance before he gives up.
 */
const stuckMs = 4_000;
/** After a replacement that has not helped the next one waits for twice as long, up to this. */
const longestStuckMs = 120_000;

interface Standstill {
  readonly begun: number;
  readonly since: number;
  readonly patienceMs: number;
}

/**
 * Finds instances whose PHP workers are all busy with the same requests and stay so, while others work. Their health
 * page says nothing of it: it has a process of its own, so that a crowd does not make an instance look dead.
 */
export class StuckWorkers {
  readonly #standing = new Map<string, Standstill>();

  /** @param ask what PHP of an instance says */
  constructor(private readonly ask: (id: string) => Promise<WorkerCounts | undefined>) {}

  /**
   * Takes one look; to be called about once a second.
   * @param sessions requests under way at each instance that is in rotation. PHP is asked only where there are any:
   *   visitors who have gone leave their workers behind, and those who come then wait
   * @returns those that are to be replaced now: never all, since what all have in common (a database, a machine that
   *   is out of breath) is not theirs, and goes on after a replacement
   */
  async look(sessions: Readonly<Record<string, number>>, now: number): Promise<readonly string[]> {
    const ids = Object.keys(sessions);
    const looked = await Promise.all(
      ids.map(async (id) => ({ id, standing: await this.#standstill(id, sessions, now) })),
    );
    const stuck = looked.filter(({ standing }) => standing).map(({ id }) => id);
    const due = stuck.filter((id) => {
      const standing = this.#standing.get(id);
      return standing !== undefined && now - standing.since >= standing.patienceMs;
    });
    if (stuck.length === ids.length) return [];
    for (const id of due) this.#putOff(id, now);
    return due;
  }

  async #standstill(id: string, sessions: Readonly<Record<string, number>>, now: number): Promise<boolean> {
    const status = (sessions[id] ?? 0) > 0 ? await this.ask(id) : undefined;
    const before = this.#standing.get(id);
    if (!status || status.busy < phpWorkers) {
      this.#standing.delete(id);
      return false;
    }
    if (before?.begun === status.begun) return true;
    this.#standing.set(id, { begun: status.begun, since: now, patienceMs: before?.patienceMs ?? stuckMs });
    return false;
  }

  #putOff(id: string, now: number): void {
    const { begun, patienceMs } = this.#standing.get(id) ?? { begun: 0, patienceMs: stuckMs };
    this.#standing.set(id, { begun, since: now, patienceMs: Math.min(patienceMs * 2, longestStuckMs) });
  }
}
