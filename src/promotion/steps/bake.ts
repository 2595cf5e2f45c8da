import { setTimeout as delay } from 'node:timers/promises';
import { UnderstudyError } from '../../output/errors.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { need, type Step } from '../step.js';

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
    const start = await platform.traffic.counters('prod');
    const began = performance.now();
    for (;;) {
      signal.throwIfAborted();
      const seconds = Math.min(bakeSeconds, Math.round((performance.now() - began) / 1000));
      report({ kind: 'progress', task: 'bake', done: seconds, total: bakeSeconds, unit: 'seconds' });
      const now = await platform.traffic.counters('prod');
      const requests = now.requests - start.requests;
      const failed = now.failed - start.failed;
      refuseTooManyFailures(requests, failed);
      await refuseLostReplica({ platform }, before);
      const leftMs = bakeSeconds * 1000 - (performance.now() - began);
      if (leftMs <= 0) return { requests, failed, seconds: bakeSeconds };
      await delay(Math.min(lookEveryMs, leftMs), undefined, { signal });
    }
  },
};

function refuseTooManyFailures(requests: number, failed: number): void {
  if (failed < failedAtLeast || failed <= requests * failedShare) return;
  throw new UnderstudyError({
    code: 'too-many-failures',
    message: `${failed} of ${requests} requests failed after the switch.`,
    remedy: 'Read `understudy logs prod`, mend it in dev, and promote again.',
  });
}

async function refuseLostReplica({ platform }: Pick<PromotionContext, 'platform'>, before: Partial<PromotionFacts>) {
  if (!platform.database) return;
  const { advanced } = need(before, 'drain');
  await platform.database.gate.status(advanced).catch((cause) => {
    throw new UnderstudyError({
      code: 'replica-lost',
      message: `${advanced}, which alone stands at the new edition's position, does not answer.`,
      cause,
    });
  });
}
