import type { Row, RowChange } from '../rows.js';
import type { Action } from './changes.js';
import { isCommentMetaNoise, isDerived, isOptionNoise, isPostMetaNoise, isUserMetaNoise } from './noise.js';
import { commentAction, postAction } from './status.js';
import { idOf, loginOf, textOf, titleOf } from './title.js';

/** A thing by its id: what happened to its own row, if anything did, and how many other rows of it changed. */
export interface Touched<T> {
  /** Undefined: its own row is as it was, and has to be looked up. */
  own: T | undefined;
  action: Action | 'noise';
  rows: number;
}

export interface PostFacts {
  readonly title: string;
  readonly type: string;
  readonly status: string;
}
export interface CommentFacts {
  readonly post: string;
  readonly type: string;
  readonly status: string;
}
export interface UserFacts {
  readonly login: string;
}

/** One changed row, with the row as it is now, or as it was if it is gone. */
interface Seen {
  readonly kind: RowChange['kind'];
  readonly row: Row;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
  readonly changedColumns: readonly string[];
}

type Id = string;

/** Puts the changed rows of WordPress's own tables to the things that they belong to, by id. */
export class Gathering {
  readonly posts = new Map<Id, Touched<PostFacts>>();
  readonly comments = new Map<Id, Touched<CommentFacts>>();
  readonly users = new Map<Id, Touched<UserFacts>>();
  /** What happened to a term, from its rows in `terms`, `term_taxonomy` and `termmeta`. */
  readonly terms = new Map<Id, Touched<never>>();
  /** Changed rows of `term_relationships`: objects by the id of a term's taxonomy. */
  readonly relations: { readonly object: Id; readonly taxonomy: Id }[] = [];
  readonly options: { readonly name: string; readonly action: Action }[] = [];
  readonly links: { readonly id: number | string; readonly name: string; readonly action: Action }[] = [];
  noise = 0;

  /** @param table its name without the prefix; one of `wordTables` */
  take(table: string, change: RowChange): void {
    const seen = seenOf(change);
    if (seen.kind === 'updated' && isDerived(table, seen.changedColumns)) this.noise += 1;
    else this.#takers[table]?.(seen);
  }

  readonly #takers: Readonly<Record<string, (seen: Seen) => void>> = {
    posts: ({ row, before, after }) => {
      const own = {
        title: titleOf(row.post_title, ''),
        type: textOf(row.post_type),
        status: textOf(row.post_status),
      };
      const action = postAction(statusIn(before, 'post_status'), statusIn(after, 'post_status'));
      mark(this.posts, row.ID, action, own);
    },
    postmeta: (seen) => this.#meta(seen, this.posts, 'post_id', isPostMetaNoise),
    comments: ({ row, before, after }) => {
      const own = {
        post: String(idOf(row.comment_post_ID)),
        type: textOf(row.comment_type),
        status: textOf(row.comment_approved),
      };
      const action = commentAction(statusIn(before, 'comment_approved'), statusIn(after, 'comment_approved'));
      mark(this.comments, row.comment_ID, action, own);
    },
    commentmeta: (seen) => this.#meta(seen, this.comments, 'comment_id', isCommentMetaNoise),
    users: ({ kind, row }) => {
      mark(this.users, row.ID, actionOf[kind], { login: loginOf(row.user_login, '') });
    },
    usermeta: (seen) => this.#meta(seen, this.users, 'user_id', isUserMetaNoise),
    terms: ({ kind, row }) => mark(this.terms, row.term_id, actionOf[kind], undefined),
    term_taxonomy: ({ kind, row }) => mark(this.terms, row.term_id, actionOf[kind], undefined),
    termmeta: (seen) => this.#meta(seen, this.terms, 'term_id', () => false),
    term_relationships: ({ kind, row, changedColumns }) => {
      // The order of an object's terms: no theme shows it.
      if (kind === 'updated' && changedColumns.length > 0) this.noise += 1;
      else
        this.relations.push({
          object: String(idOf(row.object_id)),
          taxonomy: String(idOf(row.term_taxonomy_id)),
        });
    },
    options: ({ kind, row }) => {
      const name = textOf(row.option_name);
      if (isOptionNoise(name)) this.noise += 1;
      else this.options.push({ name: titleOf(name, '(no name)'), action: actionOf[kind] });
    },
    links: ({ kind, row }) => {
      const id = idOf(row.link_id);
      this.links.push({ id, name: titleOf(row.link_name, `#${id}`), action: actionOf[kind] });
    },
  };

  #meta<T>({ row }: Seen, things: Map<Id, Touched<T>>, owner: string, isNoise: (key: string) => boolean): void {
    if (isNoise(textOf(row.meta_key))) this.noise += 1;
    else mark(things, row[owner], 'changed', undefined);
  }
}

const actionOf = { inserted: 'added', updated: 'changed', deleted: 'deleted' } as const;

function seenOf(change: RowChange): Seen {
  const before = change.kind === 'inserted' ? undefined : change.before;
  const after = change.kind === 'deleted' ? undefined : change.after;
  const changedColumns = change.kind === 'updated' ? change.changedColumns : [];
  return { kind: change.kind, row: after ?? before ?? {}, before, after, changedColumns };
}

const statusIn = (row: Row | undefined, column: string) => (row ? textOf(row[column]) : undefined);

/** One more row of a thing. What happened to its own row says more than a change of what hangs on it. */
export function mark<T>(
  things: Map<Id, Touched<T>>,
  cell: Row[string] | undefined,
  action: Touched<T>['action'],
  own: T | undefined,
): void {
  const id = String(idOf(cell));
  const known = things.get(id);
  if (!known) things.set(id, { own, action, rows: 1 });
  else {
    known.rows += 1;
    known.own ??= own;
    if (known.action === 'changed') known.action = action;
  }
}
