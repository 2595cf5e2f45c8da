import type { Edition, ServerId } from '../platform/edition.js';
import type { PromotionFacts } from './facts.js';
import { stagedOf } from './staged.js';
import { need } from './step.js';

/**
 * The new edition as it is until the promotion is final: only the replica that has moved may answer for it.
 * A rollback moves no replica, so there all that answered for the previous edition go on.
 */
export function newEdition(id: number, facts: Partial<PromotionFacts>): Edition {
  const { previous } = need(facts, 'preflight');
  const { release, position } = stagedOf(facts);
  const replicas = facts.drain ? [facts.drain.advanced] : (previous?.replicas ?? []);
  return { id, release, position: position ?? undefined, replicas };
}

/** The previous edition while replica B is away from it: `kept` alone answers. */
export const heldBy = (previous: Edition, kept: ServerId): Edition => ({ ...previous, replicas: [kept] });

/** What an undo goes back to while the promotion's effects on the replicas are still there. Null before the first one. */
export function previousEdition(facts: Partial<PromotionFacts>): Edition | null {
  const { previous } = need(facts, 'preflight');
  return previous && facts.drain ? heldBy(previous, facts.drain.kept) : previous;
}
