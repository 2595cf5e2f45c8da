import { hasCode, UnderstudyError } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import { askCanary } from '../canary/ask.js';
import { scopeOf } from '../canary/plan-scope.js';
import { type PostsToTry, postsToTry } from '../canary/posts-to-try.js';
import { tryEdition } from '../canary/try-edition.js';
import type { PromotionContext } from '../context.js';
import { newEdition, previousEdition } from '../editions.js';
import type { PromotionFacts } from '../facts.js';
import { smokePages } from '../pages.js';
import { need, type Step } from '../step.js';

/**
 * Gives the new edition its number, puts it onto an instance that nobody is routed to, beside the present edition, and
 * compares their pages with each other and with the plan. Done again after a crash, it takes another number: what has
 * one is never made twice.
 */
export const canary: Step<PromotionContext, PromotionFacts, 'canary'> = {
  id: 'canary',
  title: 'Try the new edition where no visitor is',
  async do(context, before) {
    const { platform, site, signal } = context;
    const plan = need(before, 'plan');
    const edition = newEdition(await platform.editions.allocate(), before);
    const present = presentEdition(context, before);
    const { fleet, urls } = platform;
    const booted = fleet.bootCanary();
    const [instance, { posts, scope }] = await Promise.all([booted, postsOf(context, before, edition, present)]);
    if (present) {
      await fleet.prepare(instance.id, present, signal);
      await fleet.switch([instance.id], present.id);
    }
    await fleet.prepare(instance.id, edition, signal);
    const pages = await tryEdition({
      ask: askCanary(instance, { siteUrl: urls.prod, name: String(edition.id), signal }),
      hasPresent: present !== undefined,
      plan,
      scope,
      expectations: smokePages(site),
      posts,
      foreignUrl: urls.dev,
    }).catch((error) => {
      throw hasCode(error, 'page-unreachable') ? unanswered(error) : error;
    });
    await fleet.dismissCanary();
    return { edition, pages };
  },
  async undo({ platform }) {
    await platform.fleet.dismissCanary();
  },
};

/** What a rollback gets rid of is no measure for what it goes back to. */
function presentEdition({ request }: PromotionContext, before: Partial<PromotionFacts>): Edition | undefined {
  return request.kind === 'rollback' ? undefined : (previousEdition(before) ?? undefined);
}

async function postsOf(
  { platform, site: { app } }: PromotionContext,
  before: Partial<PromotionFacts>,
  edition: Edition,
  present: Edition | undefined,
): Promise<PostsToTry> {
  const plan = need(before, 'plan');
  const [next] = edition.replicas;
  if (!platform.database || app.kind !== 'wordpress' || next === undefined) return { posts: [], scope: scopeOf(plan) };
  return postsToTry(platform.database, { next, present: present?.replicas[0] }, plan, app.tablePrefix);
}

const unanswered = (cause: UnderstudyError) =>
  new UnderstudyError({
    code: cause.code,
    message: `The new edition does not answer: ${cause.message}`,
    remedy: 'Mend it in dev, and promote again; visitors have not seen it.',
    cause,
  });
