import type { ServerId } from '../../platform/edition.js';
import type { Source } from '../../replication/dialect.js';
import type { Situation } from './decide.js';
import { detection } from './detection.js';
import { LookHistory, type Times } from './look-history.js';
import type { Observation } from './observe.js';
import type { Roles } from './roles-record.js';

/** What is seen of primary and standby: the part of a situation that no record tells. */
export type Sight = Pick<
  Situation,
  'primary' | 'standby' | 'source' | 'disconnectedMs' | 'primaryTimes' | 'standbyTimes'
>;

const { primaryAnswerMs, standbyAnswerMs } = detection;

/** Looks at the two servers of the cluster, and remembers for how long they have been as they are. */
export class Lookout {
  readonly #histories = new Map<ServerId, LookHistory>();
  #disconnectedSince: number | undefined;

  constructor(
    private readonly observe: (server: ServerId, deadlineMs: number) => Promise<Observation>,
    private readonly sourceAt: (server: ServerId) => Source,
  ) {}

  /** Takes as long as the slower of the two, and not longer than `primaryAnswerMs` by much. */
  async look(roles: Roles): Promise<Sight> {
    const [[primary, primaryTimes], [standby, standbyTimes]] = await Promise.all([
      this.#watch(roles.primary, primaryAnswerMs),
      this.#watch(roles.standby.id, standbyAnswerMs),
    ]);
    // Counted only while there is somebody to connect to: a primary may take long to recover.
    const isConnecting = primary.answer !== undefined && standby.answer?.source?.receiving === 'connecting';
    this.#disconnectedSince = isConnecting ? (this.#disconnectedSince ?? performance.now()) : undefined;
    const disconnectedMs = this.#disconnectedSince === undefined ? 0 : performance.now() - this.#disconnectedSince;
    return { primary, standby, source: this.sourceAt(primary.id), disconnectedMs, primaryTimes, standbyTimes };
  }

  async #watch(id: ServerId, deadlineMs: number): Promise<readonly [Observation, Times]> {
    const history = this.#histories.get(id) ?? new LookHistory();
    this.#histories.set(id, history);
    const began = performance.now();
    const seen = await this.observe(id, deadlineMs);
    return [seen, history.add(seen, began)];
  }
}
