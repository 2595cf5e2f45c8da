import { setTimeout as delay } from 'node:timers/promises';
import { UnderstudyError } from '../../output/errors.js';
import type { Report } from '../../output/messages.js';
import type { ReplicationGate } from '../../platform/databases.js';
import type { Edition, ServerId } from '../../platform/edition.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { need, type Step } from '../step.js';
import { TrafficMeter } from '../traffic-meter.js';

/** More than this share of requests failing takes the edition back: one in a hundred, and at least three. */
const failedShare = 0.01;
const failedAtLeast = 3;
const lookEveryMs = 500;

/**
 * Watches the new edition while the previous one stays ready: its code on every instance, its content on the other
 * replica. Anything wrong, or a person's word, and the switch is undone, which takes a second.
 */
export const bake: Step<PromotionContext, PromotionFacts, 'bake'> = {
  id: 'bake',
  title: 'Watch it, with the way back open',
  async do({ platform, request, report, signal }, before) {
    const { bakeSeconds } = request;
    const { edition } = need(before, 'canary');
    const gate = platform.database?.gate;
    const meter = new TrafficMeter(platform.traffic);
    const lookBack = gate && before.drain ? wayBackWatch(gate, before.drain.kept, report) : undefined;
    const began = performance.now();
    for (;;) {
      signal.throwIfAborted();
      const seconds = Math.min(bakeSeconds, Math.round((performance.now() - began) / 1000));
      report({ kind: 'progress', task: 'bake', done: seconds, total: bakeSeconds, unit: 'seconds' });
      const { requests, failed } = await meter.read();
      refuseTooManyFailures(requests, failed);
      if (gate) await refuseLostReplicas(gate, edition);
      await lookBack?.();
      const leftMs = bakeSeconds * 1000 - (performance.now() - began);
      if (leftMs <= 0) return { requests, failed, seconds: bakeSeconds };
      await delay(Math.min(lookEveryMs, leftMs), undefined, { signal });
    }
  },
};

export function refuseTooManyFailures(requests: number, failed: number): void {
  if (failed < failedAtLeast || failed <= requests * failedShare) return;
  throw new UnderstudyError({
    code: 'too-many-failures',
    message: `${failed} of ${requests} requests failed after the switch.`,
    remedy: 'Read `understudy logs prod`, mend it in dev, and promote again.',
  });
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
function wayBackWatch(gate: ReplicationGate, kept: ServerId, report: Report): () => Promise<void> {
  let isOpen = true;
  return async () => {
    const answers = await gate.status(kept).then(
      () => true,
      () => false,
    );
    if (answers === isOpen) return;
    isOpen = answers;
    const text = isOpen ? `${kept} answers again: the way back is open.` : `${kept} is lost: there is no way back now.`;
    report({ kind: 'note', level: 'warning', text });
  };
}
