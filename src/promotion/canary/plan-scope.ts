import type { ToldChange } from '../../content/wordpress/changes.js';
import type { PromotionPlan } from '../facts.js';

/**
 * How far what the plan names may show on pages that it does not name.
 * `anywhere`: code, configuration, options, menus, terms, people or tables of plugins change, and each of them may show
 * on any page. `lists`: posts come, go, or move, so lists, counts and neighbours change. `named`: posts change in
 * place; elsewhere their own words may show, and nothing else may differ.
 */
export type PlanScope = 'anywhere' | 'lists' | 'named';

/** Options that decide which addresses there are, and what answers them. */
const structural = new Set([
  ...['permalink_structure', 'category_base', 'tag_base', 'show_on_front', 'page_on_front', 'page_for_posts'],
  ...['posts_per_page', 'active_plugins', 'template', 'stylesheet', 'blog_public', 'home', 'siteurl'],
]);

export function scopeOf(plan: PromotionPlan): PlanScope {
  const { changes, transactions } = plan.content;
  if (changesCode(plan) || plan.configurationChanged) return 'anywhere';
  if (!changes) return transactions === 0 ? 'named' : 'anywhere';
  const isTold = changes.notTold === 0 && changes.rowsNotRead === 0 && changes.schema.length === 0;
  if (!isTold || changes.tables.some(({ toldAs }) => toldAs === 'rows')) return 'anywhere';
  if (changes.told.some((change) => change.what !== 'post' && change.what !== 'comment')) return 'anywhere';
  if (changes.told.some(({ what, type }) => what === 'post' && isPartOfPages(type))) return 'anywhere';
  return changes.told.every(({ what, action }) => what === 'post' && action === 'changed') ? 'named' : 'lists';
}

const changesCode = ({ files }: PromotionPlan) => files.added.length + files.changed.length + files.deleted.length > 0;

/** Templates, navigation, reusable blocks and additional styles are kept as posts. */
const isPartOfPages = (type: string | undefined) =>
  type !== undefined && (type.startsWith('wp_') || type === 'nav_menu_item' || type === 'custom_css');

/** Posts by what happened to them, in the plan's order. */
export function plannedPosts({ content }: PromotionPlan): ReadonlyMap<number, ToldChange> {
  const posts = content.changes?.told.filter(({ what }) => what === 'post') ?? [];
  return new Map(posts.flatMap((change) => (typeof change.id === 'number' ? [[change.id, change] as const] : [])));
}

/** Whether the plan says why an address may be answered with another status. */
export function explainsStatus(plan: PromotionPlan, post: { readonly id: number; readonly type: string } | undefined) {
  const { changes } = plan.content;
  if (changes?.told.some(({ what, title }) => what === 'option' && structural.has(title))) return true;
  if (plan.configurationChanged) return true;
  if (!post) return false;
  const change = plannedPosts(plan).get(post.id);
  if (change && change.action !== 'changed') return true;
  // A kind of post of a plugin or theme comes and goes with its code.
  return !['post', 'page'].includes(post.type) && changesCode(plan);
}
