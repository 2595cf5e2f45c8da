import { hasCode, UnderstudyError } from '../../output/errors.js';
import type { PageCheck, PromotionPlan } from '../facts.js';
import type { Expectation } from '../pages.js';
import { inParallel } from '../parallel.js';
import type { Ask } from './ask.js';
import { type Answer, judge, type PageInQuestion, unexplained } from './judge-page.js';
import { explainsStatus, type PlanScope, plannedPosts } from './plan-scope.js';
import { finderOf, type PostPair } from './post-pages.js';
import { lettersOf, visibleText } from './visible-text.js';

export interface Trial {
  readonly ask: Ask;
  /** False where there is nothing to compare with: before the first promotion, and in a rollback. */
  readonly hasPresent: boolean;
  readonly plan: PromotionPlan;
  readonly scope: PlanScope;
  readonly expectations: readonly Expectation[];
  /** Posts that the plan names, and others, as the two replicas hold them. */
  readonly posts: readonly PostPair[];
  /** Dev's address, which must not stand anywhere. */
  readonly foreignUrl: string;
}

/** As many as an instance has cores on a small machine, and each asks two editions. */
const pagesAtOnce = 2;
/** Tries to tell what changes from one moment to the next from what the new edition has changed. */
const repeats = 2;

/**
 * Looks at the new edition's pages beside the present edition's, made at the same time by the same servers.
 * @throws code `page-wrong`, naming the page and what is wrong with it; `page-unreachable`
 */
export async function tryEdition(trial: Trial): Promise<readonly PageCheck[]> {
  const [first, ...others] = trial.expectations;
  // Alone: it compiles the code of both editions.
  const home = first ? [await lookAt(trial, first)] : [];
  const posts = await inParallel(trial.posts, pagesAtOnce, (pair) => findPage(trial, pair));
  const planned = posts.filter((one) => one !== undefined && isPlanned(trial, one.post));
  const rest = await inParallel(others, pagesAtOnce, (expectation) => lookAt(trial, expectation));
  const pages = [...home, ...rest, ...posts.filter((one) => one !== undefined)];
  for (const page of pages) refuse(page, judge(page, trial.foreignUrl));
  const compared = await compareContent(trial, pages, lettersOfPlanned(trial, planned));
  return pages.map((page) => ({
    path: page.expectation.path,
    status: page.next.status,
    ms: page.next.ms,
    ...(trial.hasPresent ? { compared: compared.has(page) } : {}),
  }));
}

const isPlanned = ({ plan }: Trial, post: PostPair | undefined) =>
  post !== undefined && plannedPosts(plan).has((post.after ?? post.before)?.id ?? 0);

async function lookAt(trial: Trial, expectation: Expectation, post?: PostPair): Promise<PageInQuestion> {
  const { ask, hasPresent, plan } = trial;
  const [next, now] = await Promise.all([
    ask('next', expectation.path),
    // A page that the present edition cannot answer is no measure.
    hasPresent ? ask('now', expectation.path).catch(ifUnreachable) : undefined,
  ]);
  return {
    expectation,
    isListed: expectation.isListed ?? false,
    next,
    now,
    ...(post ? { post } : {}),
    statusExplained: explainsStatus(plan, post?.after ?? post?.before),
    scope: trial.scope,
  };
}

function ifUnreachable(error: unknown): undefined {
  if (!hasCode(error, 'page-unreachable')) throw error;
  return undefined;
}

/** The page of a post at its real address, which WordPress tells; undefined for one that has none. */
async function findPage(trial: Trial, pair: PostPair): Promise<PageInQuestion | undefined> {
  const row = pair.before ?? pair.after;
  if (!row) return undefined;
  const side = trial.hasPresent && pair.before?.status === 'publish' ? 'now' : 'next';
  const found = await trial.ask(side, finderOf(row));
  const { location } = found.headers;
  const isElsewhere = found.status >= 300 && found.status < 400 && typeof location === 'string';
  if (!isElsewhere && found.status !== 200) {
    const isMissing = side === 'next' && pair.after?.status === 'publish' && ['post', 'page'].includes(row.type);
    return isMissing ? lookAt(trial, { path: finderOf(row), status: 200 }, pair) : undefined;
  }
  const url = isElsewhere ? new URL(location, 'https://site.invalid') : undefined;
  const path = url ? url.pathname + url.search : finderOf(row);
  if (trial.expectations.some((expectation) => expectation.path === path)) return undefined;
  return lookAt(trial, { path }, pair);
}

/** Everything that the posts of the plan say, in either edition: wherever it stands elsewhere, the plan accounts for it. */
function lettersOfPlanned({ posts, plan }: Trial, pages: readonly (PageInQuestion | undefined)[]): string {
  const named = plannedPosts(plan);
  const rows = posts.flatMap(({ before, after }) => [before, after]).filter((row) => row && named.has(row.id));
  const shown = pages.flatMap((page) => [page?.now?.body ?? '', page?.next.body ?? '']);
  const written = rows.flatMap((row) => [row?.title ?? '', row?.content ?? '']);
  return [...shown, ...written].map((text) => lettersOf(visibleText(text).join(' '))).join(' ');
}

/** @returns the pages on which everything was compared */
async function compareContent(
  trial: Trial,
  pages: readonly PageInQuestion[],
  planned: string,
): Promise<ReadonlySet<PageInQuestion>> {
  const comparable = pages.filter(
    ({ now, isListed, post, scope, statusExplained }) =>
      now && now.status < 500 && !isListed && !statusExplained && scope === 'named' && !isPlanned(trial, post),
  );
  for (const page of comparable) {
    const left = page.now ? unexplained(page.now, page.next, planned) : [];
    if (left.length === 0) continue;
    const steady = await withoutUnsteady(trial, page, left);
    const [piece] = steady;
    if (piece !== undefined)
      refuse(page, `differs from the present edition where the plan changes nothing: "${piece.slice(0, 120)}"`);
  }
  return new Set(comparable);
}

/** Leaves out what differs from one answer to the next in the same edition: random quotes, ages, counters. */
async function withoutUnsteady(
  { ask }: Trial,
  { expectation, now, next }: PageInQuestion,
  pieces: readonly string[],
): Promise<readonly string[]> {
  const unsteady = new Set<string>();
  const seen: Record<'now' | 'next', Answer | undefined> = { now, next };
  for (let turn = 0; turn < repeats; turn++) {
    for (const side of ['now', 'next'] as const) {
      const again = await ask(side, expectation.path);
      const before = seen[side];
      if (before) for (const piece of unexplained(before, again, '')) unsteady.add(lettersOf(piece));
    }
  }
  return pieces.filter((piece) => !unsteady.has(lettersOf(piece)));
}

function refuse({ expectation }: PageInQuestion, wrong: string | undefined): void {
  if (wrong === undefined) return;
  throw new UnderstudyError({
    code: 'page-wrong',
    message: `${expectation.path} of the new edition ${wrong}.`,
    remedy:
      'Mend it in dev, and promote again; visitors have not seen it. If it is meant to be so, list the page in ' +
      'promotion.smokePages with what it should answer.',
  });
}
