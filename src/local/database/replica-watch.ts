import type { SqlConnection } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import type { Observation } from './observe.js';
import { setReadOnly } from './semi-sync.js';

/** Replicas are nobody's hurry here, and one that hangs must not slow down a round of the cluster. */
const everyMs = 2_000;

/** Looks at the replicas beside the rounds of the cluster, and makes read-only what accepts writes. */
export class ReplicaWatch {
  #seen: readonly Observation[] = [];
  #looking: Promise<void> = Promise.resolve();
  #keptAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly replicas: readonly ServerId[],
    private readonly observe: (server: ServerId) => Promise<Observation>,
    private readonly session: (seen: Observation) => Promise<SqlConnection>,
  ) {}

  /** At the last look. */
  get seen(): readonly Observation[] {
    return this.#seen;
  }

  async look(): Promise<readonly Observation[]> {
    this.#seen = await Promise.all(this.replicas.map(this.observe));
    return this.#seen;
  }

  /** To be called in every round; does not wait. */
  keepReadOnly(): void {
    if (performance.now() - this.#keptAt < everyMs) return;
    this.#keptAt = performance.now();
    this.#looking = this.look()
      .then(async (replicas) => {
        for (const seen of replicas) {
          if (seen.answer?.readOnly === false) await setReadOnly(await this.session(seen), true);
        }
      })
      // What a replica refuses is tried again at the next look at it.
      .catch(() => undefined);
  }

  /** Ends when nobody is being looked at. */
  settled(): Promise<void> {
    return this.#looking;
  }
}
