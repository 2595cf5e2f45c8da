import type { Action, ToldChange } from './changes.js';
import { type CommentFacts, type Gathering, mark, type PostFacts, type Touched } from './gather.js';
import type { LookUp, TermFacts } from './look-up.js';
import { isPostTypeNoise } from './noise.js';
import { commentStatus } from './status.js';
import { loginOf } from './title.js';

export interface Telling {
  readonly told: readonly ToldChange[];
  readonly noise: number;
}

/** Tells what was gathered, each thing once, and counts the rows of what is not worth telling. */
export async function tell(gathered: Gathering, lookUp: LookUp): Promise<Telling> {
  const links = new Set(gathered.links.map(({ id }) => String(id)));
  const menus = new Map<string, Touched<never>>();
  await followRelations(gathered, lookUp, menus, links);
  const posts = await tellPosts(gathered, lookUp, menus);
  const terms = await tellTerms(gathered, lookUp, menus);
  const comments = await tellComments(gathered, lookUp);
  const users = await tellUsers(gathered, lookUp);
  const told: ToldChange[] = [
    ...posts.told,
    ...[...menus].map(([title, { action }]) => ({ what: 'menu' as const, action: wordFor(action), title })),
    ...gathered.options.map(({ name, action }) => ({ what: 'option' as const, action, title: name })),
    ...users.told,
    ...terms.told,
    ...comments.told,
    ...gathered.links.map(({ id, name, action }) => ({ what: 'link' as const, action, title: name, id })),
  ];
  return { told, noise: gathered.noise + posts.noise + terms.noise + comments.noise + users.noise };
}

const wordFor = (action: Touched<never>['action']): Action => (action === 'noise' ? 'changed' : action);

/** A relation belongs to the object that has the term: a post, an item of a menu, or a link. */
async function followRelations(
  { relations, posts, links }: Gathering,
  lookUp: LookUp,
  menus: Map<string, Touched<never>>,
  linksTold: Set<string>,
): Promise<void> {
  const taxonomies = await lookUp.taxonomies(relations.map(({ taxonomy }) => taxonomy));
  for (const { object, taxonomy } of relations) {
    const term = taxonomies.get(taxonomy);
    if (term?.taxonomy === 'nav_menu') mark(menus, term.name, 'changed', undefined);
    else if (term?.taxonomy !== 'link_category') mark(posts, object, 'changed', undefined);
    else if (!linksTold.has(object)) {
      linksTold.add(object);
      links.push({ id: Number(object), name: `#${object}`, action: 'changed' });
    }
  }
}

async function tellPosts({ posts }: Gathering, lookUp: LookUp, menus: Map<string, Touched<never>>): Promise<Telling> {
  const known = await lookUp.posts(unknown(posts));
  const factsOf = (id: string, { own }: Touched<PostFacts>) => own ?? known.get(id);
  const items = [...posts].filter(([id, post]) => factsOf(id, post)?.type === 'nav_menu_item').map(([id]) => id);
  const menuOf = await lookUp.menus(items);
  const told: ToldChange[] = [];
  let noise = 0;
  for (const [id, post] of posts) {
    const facts = factsOf(id, post);
    if (!facts || post.action === 'noise' || isHidden(post, facts)) noise += post.rows;
    else if (facts.type === 'nav_menu_item') {
      // An item of no menu is what is left of one that was never saved.
      const menu = menuOf.get(id);
      if (menu === undefined) noise += post.rows;
      else mark(menus, menu, 'changed', undefined);
    } else {
      const { type, status } = facts;
      told.push({ what: 'post', action: post.action, title: facts.title || `#${id}`, type, status, id: numberOf(id) });
    }
  }
  return { told, noise };
}

/** Revisions and the like; and what hangs on a post in the trash, whose own row is as it was. */
const isHidden = (post: Touched<PostFacts>, { type, status }: PostFacts) =>
  isPostTypeNoise(type) || (post.action === 'changed' && (status === 'trash' || status === 'auto-draft'));

async function tellTerms({ terms }: Gathering, lookUp: LookUp, menus: Map<string, Touched<never>>): Promise<Telling> {
  const known: ReadonlyMap<string, TermFacts> = await lookUp.terms([...terms.keys()]);
  const told: ToldChange[] = [];
  let noise = 0;
  for (const [id, { action, rows }] of terms) {
    const term = known.get(id);
    // A term of no taxonomy is shown nowhere.
    if (!term || action === 'noise') noise += rows;
    else if (term.taxonomy === 'nav_menu') {
      // Coming or going counts, whatever was found of its items before.
      menus.set(term.name, { own: undefined, action, rows });
    } else told.push({ what: 'term', action, title: term.name || `#${id}`, type: term.taxonomy, id: numberOf(id) });
  }
  return { told, noise };
}

async function tellComments({ comments }: Gathering, lookUp: LookUp): Promise<Telling> {
  const known = await lookUp.comments(unknown(comments));
  const factsOf = (id: string, { own }: Touched<CommentFacts>) => own ?? known.get(id);
  const posts = await lookUp.posts([...comments].map(([id, comment]) => factsOf(id, comment)?.post ?? ''));
  const told: ToldChange[] = [];
  let noise = 0;
  for (const [id, comment] of comments) {
    const facts = factsOf(id, comment);
    if (!facts || comment.action === 'noise') noise += comment.rows;
    else {
      told.push({
        what: 'comment',
        action: comment.action,
        title: posts.get(facts.post)?.title || `#${facts.post}`,
        ...(facts.type === '' || facts.type === 'comment' ? {} : { type: facts.type }),
        status: commentStatus(facts.status),
        id: numberOf(id),
      });
    }
  }
  return { told, noise };
}

async function tellUsers({ users }: Gathering, lookUp: LookUp): Promise<Telling> {
  const known = await lookUp.users(unknown(users));
  const told: ToldChange[] = [];
  let noise = 0;
  for (const [id, user] of users) {
    const login = user.own?.login ?? known.get(id);
    if (login === undefined || user.action === 'noise') noise += user.rows;
    else told.push({ what: 'user', action: user.action, title: loginOf(login, `#${id}`), id: numberOf(id) });
  }
  return { told, noise };
}

const unknown = <T>(things: ReadonlyMap<string, Touched<T>>) =>
  [...things].filter(([, { own }]) => own === undefined).map(([id]) => id);

/** An id as JSON holds it without rounding. */
const numberOf = (id: string) => (Number.isSafeInteger(Number(id)) ? Number(id) : id);
