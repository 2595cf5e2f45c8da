import type { ServerId } from '../../platform/edition.js';
import type { GatedDatabase } from '../../platform/platform.js';
import { withOperator } from '../../replication/operator.js';
import type { PromotionPlan } from '../facts.js';
import { type PlanScope, plannedPosts, scopeOf } from './plan-scope.js';
import { hasPage, type PostPair, readPosts, samplePosts } from './post-pages.js';

/** Of the posts that the plan names, and of the others, so many are looked at. */
const mostPlanned = 6;
const mostOthers = 5;

export interface PostsToTry {
  readonly posts: readonly PostPair[];
  readonly scope: PlanScope;
}

/**
 * The posts whose pages a new edition is tried with, as both replicas hold them.
 * @param present the replica that holds the present edition's content; undefined before the first one
 */
export async function postsToTry(
  { databases }: GatedDatabase,
  { next, present }: { readonly next: ServerId; readonly present: ServerId | undefined },
  plan: PromotionPlan,
  tablePrefix: string,
): Promise<PostsToTry> {
  const named = new Set(plannedPosts(plan).keys());
  const ids = [...plannedPosts(plan)].filter(([, { type }]) => hasPage(type ?? 'post')).map(([id]) => id);
  const chosen = ids.slice(0, mostPlanned);
  const [after, others] = await withOperator(databases, next, async (server) => [
    await readPosts(server, tablePrefix, ids.slice(0, 1_000)),
    await samplePosts(server, tablePrefix, named, mostOthers),
  ]);
  const wanted = [...ids.slice(0, 1_000), ...others.map(({ id }) => id)];
  const before =
    present === undefined
      ? new Map()
      : await withOperator(databases, present, (server) => readPosts(server, tablePrefix, wanted));
  const pair = (id: number): PostPair => ({ before: before.get(id), after: after.get(id) });
  const moved = ids.some((id) => before.get(id)?.date !== after.get(id)?.date);
  const scope = scopeOf(plan);
  return {
    posts: [...chosen.map(pair), ...others.map((row) => ({ before: before.get(row.id), after: row }))],
    // A post with another date stands elsewhere in every list, and has other neighbours.
    scope: scope === 'named' && (moved || ids.length > mostPlanned) ? 'lists' : scope,
  };
}
