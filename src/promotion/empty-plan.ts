import type { PromotionPlan } from './facts.js';

/** Whether carrying it out would change nothing that anybody sees. The first promotion is never empty. */
export function isEmptyPlan({ replaces, files, media, content, configurationChanged }: PromotionPlan): boolean {
  const changes = [files, media].flatMap(({ added, changed, deleted }) => [...added, ...changed, ...deleted]);
  return replaces !== null && changes.length === 0 && content.transactions === 0 && !configurationChanged;
}
