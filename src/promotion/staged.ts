import type { FileChanges } from '../platform/releases.js';
import type { PromotionFacts } from './facts.js';
import { need } from './step.js';

/** What is brought to prod: what was staged, or, when prod ceases to follow dev, where its replicas have come to. */
export const stagedOf = (facts: Partial<PromotionFacts>): PromotionFacts['stage'] =>
  facts.settle ?? need(facts, 'stage');

/** The uploads that change with it. */
export const mediaOf = (facts: Partial<PromotionFacts>): FileChanges => (facts.settle ?? need(facts, 'plan')).media;
