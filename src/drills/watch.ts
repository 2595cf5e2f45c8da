import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../output/errors.js';
import type { Part } from '../platform/faults.js';
import type { PlatformStatus } from '../platform/status.js';
import type { Ground } from './stage.js';
import type { TimeLine } from './time-line.js';

/** Between two looks: what is measured is right to within this. */
const lookMs = 200;

/**
 * Looks at the platform again and again, writes down what changes, and knows since when everything is there that was
 * there at the beginning.
 */
export class Watch {
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #facts: ReadonlyMap<string, string> = new Map();
  #wholeSince: number | undefined;
  #lacks: readonly string[] = [];

  private constructor(
    private readonly ground: Ground,
    private readonly expected: readonly string[],
    private readonly timeLine: TimeLine,
  ) {
    this.#ended = this.#lookAgainAndAgain();
  }

  static async start(ground: Ground, timeLine: TimeLine): Promise<Watch> {
    const parts = await ground.faults.parts();
    return new Watch(ground, lasting(parts), timeLine);
  }

  /** Since when nothing is missing, as `performance.now()`; undefined while something is. */
  get wholeSince(): number | undefined {
    return this.#wholeSince;
  }

  /** What is missing, in words. */
  get lacks(): readonly string[] {
    return this.#lacks;
  }

  /** A fault has come: what was seen before does not count any more. */
  distrust(): void {
    this.#wholeSince = undefined;
  }

  /** After a last look: what became whole since the one before counts. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
    await this.#look();
  }

  async #lookAgainAndAgain(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#look();
      await delay(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const lookedAt = performance.now();
    const before = this.#wholeSince;
    const [status, parts] = await Promise.all([
      this.ground.status().catch((error: unknown) => messageOf(error)),
      this.ground.faults.parts(),
    ]);
    this.#compare(factsOf(status, parts));
    this.#lacks = [...missing(this.expected, parts), ...(typeof status === 'string' ? [status] : lacking(status))];
    // A fault that came while this look was under way has made it worthless.
    const isOutdated = before !== undefined && this.#wholeSince === undefined;
    if (this.#lacks.length > 0) this.#wholeSince = undefined;
    else if (!isOutdated) this.#wholeSince ??= lookedAt;
  }

  #compare(now: ReadonlyMap<string, string>): void {
    const before = this.#facts;
    for (const [what, is] of now) {
      const was = before.get(what);
      if (before.size > 0 && was !== is) this.timeLine.note(`${what}: ${was ?? 'not there'} → ${is}`);
    }
    for (const [what, was] of before) if (!now.has(what)) this.timeLine.note(`${what}: ${was} → gone`);
    this.#facts = now;
  }
}

/** Instances come and go with the load and with promotions: those that are there say themselves how they are. */
const lasting = (parts: readonly Part[]) =>
  parts.filter(({ environment }) => environment === undefined).map(({ name }) => name);

function missing(expected: readonly string[], parts: readonly Part[]): string[] {
  const running = new Set(parts.map(({ name }) => name));
  return [
    ...expected.filter((name) => !running.has(name)).map((name) => `${name} does not run`),
    ...parts.filter(({ isHung }) => isHung).map(({ name }) => `${name} hangs`),
  ];
}

/** What a platform lacks of being whole, in words: what must be so before a drill, and must be so again after it. */
export function lacking({ supervised, environments: { dev, prod } }: PlatformStatus): readonly string[] {
  const { database } = dev;
  const { edition, replicas } = prod;
  return [
    ...(supervised ? [] : ['no control plane runs']),
    ...[dev, prod]
      .filter(({ instances, capacity }) => instances.length < capacity.min)
      .map(({ url, instances, capacity }) => `${instances.length} of at least ${capacity.min} instances at ${url}`),
    ...[...dev.instances, ...prod.instances]
      .filter(({ state }) => state !== 'healthy')
      .map(({ id, state }) => `${id} is ${state}`),
    ...(database && database.state !== 'redundant' ? [`dev's database is ${database.state}`] : []),
    ...prod.instances
      .filter((instance) => instance.edition !== (edition?.id ?? null))
      .map((instance) => `${instance.id} serves edition ${instance.edition ?? 'none'} instead of ${edition?.id}`),
    ...replicas
      .filter(({ gate, position, weight }) => gate !== 'closed' || weight === 0 || position !== edition?.position)
      .map(
        ({ id, gate, position, weight }) =>
          `${id}: gate ${gate}, position ${position ?? 'unknown'} of ${edition?.position}, weight ${weight}`,
      ),
  ];
}

/** What is worth a line in the report when it changes. */
function factsOf(status: PlatformStatus | string, parts: readonly Part[]): ReadonlyMap<string, string> {
  const running = parts.map(
    ({ name, start, isHung }) => [name, isHung ? 'hangs' : `runs (${start.split('/')[0]})`] as const,
  );
  if (typeof status === 'string') return new Map([...running, ['status', status]]);
  const { dev, prod } = status.environments;
  const { database } = dev;
  return new Map<string, string>([
    ...running,
    ['control plane', status.supervised ? 'supervises' : 'not there'],
    ...(database
      ? ([
          ["dev's database", database.state],
          ['primary', database.primary],
        ] as const)
      : []),
    ...[...dev.instances, ...prod.instances].map(({ id, state }) => [`${id} as an instance`, state] as const),
    ...prod.replicas.map(
      ({ id, gate, position, weight }) =>
        [`${id} as a replica`, `gate ${gate}, position ${position ?? 'unknown'}, weight ${weight}`] as const,
    ),
    ['edition', `${prod.edition?.id ?? 'none'}`],
    ...status.alarms.map(({ id, state }) => [`alarm ${id}`, state] as const),
  ]);
}
