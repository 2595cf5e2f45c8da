import { setTimeout as delay } from 'node:timers/promises';
import type { Traffic, TrafficCounters } from '../platform/traffic.js';

/** What visitors of prod asked, and how they fared. */
export interface VisitorCounts {
  readonly requests: number;
  readonly failed: number;
  /**
   * The longest time in which requests failed and none was answered well, in ms; 0 if there was none. As exact as the
   * readings are close to each other.
   */
  readonly longestGapMs: number;
}

/** A reading, and what it amounts to with all before it: enough to go on from in another process. */
export interface MeterReading {
  readonly counters: TrafficCounters;
  readonly sum: VisitorCounts;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How long nothing but failures has come, as of this reading, in ms. */
  readonly gapMs: number;
}

const nothing: VisitorCounts = { requests: 0, failed: 0, longestGapMs: 0 };

/**
 * What visitors of prod have asked since it was made, or since the reading that it goes on from. A balancer process
 * that is restarted counts from nothing again: what it had counted since the last reading is lost, nothing else. So it
 * is to be read often.
 */
export class TrafficMeter {
  #last: MeterReading | undefined;

  /** @param from a reading of an earlier process, whose visitors and those since then are counted too */
  constructor(
    private readonly traffic: Pick<Traffic, 'counters'>,
    from?: MeterReading,
    private readonly now: () => number = Date.now,
  ) {
    this.#last = from;
  }

  /** As of the last reading. */
  get sum(): VisitorCounts {
    return this.#last?.sum ?? nothing;
  }

  get reading(): MeterReading | undefined {
    return this.#last;
  }

  async read(): Promise<VisitorCounts> {
    const counters = await this.traffic.counters('prod');
    const at = this.now();
    this.#last = this.#last ? after(this.#last, counters, at) : { counters, sum: nothing, at, gapMs: 0 };
    return this.#last.sum;
  }

  /** Reads again and again until it is told to stop, and tells each reading. One that fails is left out. */
  async watch(signal: AbortSignal, told: (reading: MeterReading) => void, everyMs = 1_000): Promise<void> {
    while (!signal.aborted) {
      await this.read().catch(() => undefined);
      if (this.#last) told(this.#last);
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function after(
  { counters: last, sum, at: lastAt, gapMs: lastGap }: MeterReading,
  counters: TrafficCounters,
  at: number,
) {
  const [requests, failed] = [counters.requests - last.requests, counters.failed - last.failed];
  if (requests < 0 || failed < 0) return { counters, sum, at, gapMs: lastGap };
  const isGap = requests > failed ? false : failed > 0 || lastGap > 0;
  const gapMs = isGap ? lastGap + Math.max(0, at - lastAt) : 0;
  return {
    counters,
    at,
    gapMs,
    sum: {
      requests: sum.requests + requests,
      failed: sum.failed + failed,
      longestGapMs: Math.max(sum.longestGapMs, gapMs),
    },
  };
}
