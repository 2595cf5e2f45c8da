import { setTimeout as delay } from 'node:timers/promises';
import { UnderstudyError } from '../../output/errors.js';
import type { Report } from '../../output/messages.js';
import type { ReplicationGate } from '../../platform/databases.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { Traffic, TrafficSpan } from '../../platform/traffic.js';
import { bakeLimits, refuseTooManyFailures, refuseTooSlow } from '../bake-limits.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { isContinued } from '../hold.js';
import { need, type Step } from '../step.js';
import { TrafficMeter } from '../traffic-meter.js';

const lookEveryMs = 500;
/** Logs are read for it, and a percentile of one second says little. */
const timesEveryMs = 2_000;

/**
 * Watches the new edition while the previous one stays ready: its code on every instance, its content on the other
 * replica. Anything wrong, or a person's word, and the switch is undone, which takes a second.
 */
export const bake = (promotionsDir: string): Step<PromotionContext, PromotionFacts, 'bake'> => ({
  id: 'bake',
  title: 'Watch it, with the way back open',
  async do({ platform, request, report, signal }, before) {
    const { edition } = need(before, 'canary');
    const gate = platform.database?.gate;
    const meter = new TrafficMeter(platform.traffic);
    const { switchedAt } = need(before, 'switch');
    const beforeSwitch = await unlessAborted(signal, spanBefore(platform.traffic, switchedAt));
    const times = new Times(platform.traffic, switchedAt, beforeSwitch);
    const { previous } = need(before, 'preflight');
    const lookBack =
      gate && before.drain && previous ? wayBackWatch(gate, before.drain.kept, previous, report) : undefined;
    const end = endOfBake(promotionsDir, request, report);
    const look = async (isLast: boolean) => {
      const seen = await meter.read();
      refuseTooManyFailures(seen, times.before);
      await times.look(isLast);
      if (gate) await refuseLostReplicas(gate, edition);
      await lookBack?.();
      return seen;
    };
    for (;;) {
      const leftMs = end();
      const { requests, failed } = await unlessAborted(signal, look(leftMs <= 0));
      if (leftMs <= 0) return { requests, failed, seconds: times.seconds, p95Ms: times.p95Ms };
      await delay(Math.min(lookEveryMs, leftMs), undefined, { signal });
    }
  },
});

/** Whoever wants the old edition back does not wait for a look at the new one. @throws the signal's reason */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** A log that cannot be read takes no edition back. */
const spanBefore = (traffic: Traffic, switchedAt: number): Promise<TrafficSpan> =>
  traffic
    .span('prod', switchedAt - bakeLimits.beforeMs, switchedAt)
    .catch(() => ({ requests: 0, failed: 0, uncached: 0, p95Ms: 0 }));

/** How long pages take, against before the switch. */
class Times {
  readonly #began = performance.now();
  #lookAt = 0;
  #latest: TrafficSpan | undefined;

  constructor(
    private readonly traffic: Traffic,
    private readonly switchedAt: number,
    readonly before: TrafficSpan,
  ) {}

  get seconds(): number {
    return Math.round((performance.now() - this.#began) / 1000);
  }

  get p95Ms(): { readonly before: number; readonly after: number } | null {
    const after = this.#latest;
    const isKnown = after && Math.min(after.uncached, this.before.uncached) >= bakeLimits.requestsAtLeast;
    return isKnown ? { before: this.before.p95Ms, after: after.p95Ms } : null;
  }

  async look(atOnce: boolean): Promise<void> {
    if (!atOnce && performance.now() < this.#lookAt) return;
    this.#lookAt = performance.now() + timesEveryMs;
    const now = Date.now();
    const from = Math.max(this.switchedAt, now - bakeLimits.afterMs);
    this.#latest = await this.traffic.span('prod', from, now).catch(() => undefined);
    if (this.#latest) refuseTooSlow(this.#latest, this.before);
  }
}

/**
 * How much longer it is watched, in ms: until its time is over or, held, until somebody lets it go on.
 * @throws code `hold-expired`
 */
function endOfBake(
  promotionsDir: string,
  { id, bakeSeconds, hold }: PromotionContext['request'],
  report: Report,
): () => number {
  const began = performance.now();
  const limitMs = hold ? bakeLimits.holdMs : bakeSeconds * 1000;
  if (hold) {
    const text =
      'It waits: `understudy promote --continue` makes it final, `understudy promote --abort` takes it back.';
    report({ kind: 'note', level: 'info', text });
  }
  return () => {
    const elapsedMs = performance.now() - began;
    const done = Math.min(limitMs / 1000, Math.round(elapsedMs / 1000));
    const total = hold ? {} : { total: bakeSeconds };
    report({ kind: 'progress', task: 'bake', done, ...total, unit: 'seconds' });
    if (!hold) return limitMs - elapsedMs;
    if (isContinued(promotionsDir, id)) return 0;
    if (elapsedMs < limitMs) return limitMs - elapsedMs;
    throw new UnderstudyError({
      code: 'hold-expired',
      message: `Nobody has let it go on in ${limitMs / 3_600_000} hours.`,
      remedy: 'Promote again.',
    });
  };
}

/** One that answers at the edition's position is enough to serve it; in a promotion there is only one. */
async function refuseLostReplicas(gate: ReplicationGate, { replicas, position }: Edition): Promise<void> {
  const seen = await Promise.allSettled(replicas.map((id) => gate.status(id)));
  const serves = seen.some((one) => one.status === 'fulfilled' && one.value.position === position);
  if (serves || replicas.length === 0) return;
  throw new UnderstudyError({
    code: 'replica-lost',
    message: `${replicas.join(' and ')}, which has the new edition's content, does not answer at its position.`,
  });
}

/** Says so when the replica that the way back needs is lost, and when it is there again. */
function wayBackWatch(
  gate: ReplicationGate,
  kept: ServerId,
  { position }: Edition,
  report: Report,
): () => Promise<void> {
  let isOpen = true;
  return async () => {
    const stands = await gate.status(kept).then(
      (seen) => seen.position === position,
      () => false,
    );
    if (stands === isOpen) return;
    isOpen = stands;
    const text = isOpen
      ? `${kept} answers at its position again: the way back is open.`
      : `${kept} does not answer at its position: there is no way back now.`;
    report({ kind: 'note', level: 'warning', text });
  };
}
