import type { FileChanges } from '../platform/releases.js';
import type { PromotionFacts } from './facts.js';
import { need } from './step.js';

/**
 * What is brought to prod: what was staged, at the position that was planned; or, when prod ceases to follow dev, where
 * its replicas have come to.
 */
export function stagedOf(facts: Partial<PromotionFacts>): PromotionFacts['stage'] {
  if (facts.settle) return facts.settle;
  const staged = need(facts, 'stage');
  const { position, source } = facts.plan ?? staged;
  return { ...staged, position, source };
}

/** The uploads that change with it. */
export const mediaOf = (facts: Partial<PromotionFacts>): FileChanges => (facts.settle ?? need(facts, 'plan')).media;
