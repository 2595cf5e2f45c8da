import type { SideName } from '../rows.js';
import type { Side } from '../side.js';
import type { PostFacts } from './gather.js';
import { idOf, textOf, titleOf } from './title.js';

const idsAtOnce = 1_000;

/** Asks for what stands beside the changed rows. What is there after counts; what is gone is known from before. */
export class LookUp {
  constructor(
    private readonly sides: Readonly<Record<SideName, Side>>,
    private readonly prefix: string,
    /** Tables of each side: one that is not there is not asked. */
    private readonly has: (side: SideName, table: string) => boolean,
  ) {}

  async posts(ids: readonly string[]): Promise<Map<string, PostFacts>> {
    const rows = await this.#rows<PostRecord>(
      ids,
      ['posts'],
      (posts) =>
        `SELECT ID AS id, LEFT(post_title, 200) AS title, post_type AS type, post_status AS status FROM ${posts} WHERE ID`,
    );
    return byId(rows, ({ title, type, status }) => ({
      title: titleOf(title, ''),
      type: textOf(type),
      status: textOf(status),
    }));
  }

  /** The menu that each of these items is in. */
  async menus(items: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#rows<NamedRecord>(
      items,
      ['term_relationships', 'term_taxonomy', 'terms'],
      (relations, taxonomies, terms) =>
        `SELECT r.object_id AS id, t.name FROM ${relations} r
           JOIN ${taxonomies} x ON x.term_taxonomy_id = r.term_taxonomy_id AND x.taxonomy = 'nav_menu'
           JOIN ${terms} t ON t.term_id = x.term_id WHERE r.object_id`,
    );
    return byId(rows, ({ name }) => titleOf(name, ''));
  }

  /** Terms by their own id. A term in several taxonomies is told in one of them. */
  terms(ids: readonly string[]): Promise<Map<string, TermFacts>> {
    return this.#terms(ids, 'term_id');
  }

  /** Terms by the id of their taxonomy, as objects refer to them. */
  taxonomies(ids: readonly string[]): Promise<Map<string, TermFacts>> {
    return this.#terms(ids, 'term_taxonomy_id');
  }

  async #terms(ids: readonly string[], by: 'term_id' | 'term_taxonomy_id'): Promise<Map<string, TermFacts>> {
    const rows = await this.#rows<NamedRecord & { readonly taxonomy: string }>(
      ids,
      ['term_taxonomy', 'terms'],
      (taxonomies, terms) =>
        `SELECT x.${by} AS id, x.taxonomy, t.name FROM ${taxonomies} x JOIN ${terms} t ON t.term_id = x.term_id WHERE x.${by}`,
    );
    return byId(rows, ({ name, taxonomy }) => ({ name: titleOf(name, ''), taxonomy: textOf(taxonomy) }));
  }

  async users(ids: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#rows<NamedRecord>(
      ids,
      ['users'],
      (users) => `SELECT ID AS id, user_login AS name FROM ${users} WHERE ID`,
    );
    return byId(rows, ({ name }) => textOf(name));
  }

  async comments(ids: readonly string[]): Promise<Map<string, { post: string; type: string; status: string }>> {
    const rows = await this.#rows<{ id: number; post: number; type: string; status: string }>(
      ids,
      ['comments'],
      (comments) =>
        `SELECT comment_ID AS id, comment_post_ID AS post, comment_type AS type, comment_approved AS status FROM ${comments} WHERE comment_ID`,
    );
    return byId(rows, ({ post, type, status }) => ({ post: String(post), type, status }));
  }

  async #rows<Row extends object>(
    ids: readonly string[],
    tables: readonly string[],
    select: (...tables: readonly [string, string, string]) => string,
  ): Promise<Row[]> {
    const numbers = ids.filter((id) => /^\d+$/.test(id));
    const rows: Row[] = [];
    // Before first, so that what is there after replaces it.
    for (const side of [this.sides.before, this.sides.after]) {
      if (!tables.every((table) => this.has(side.name, this.prefix + table))) continue;
      const [first = '', second = '', third = ''] = tables.map((table) => side.qualified(this.prefix + table));
      for (let start = 0; start < numbers.length; start += idsAtOnce) {
        const some = numbers.slice(start, start + idsAtOnce).join(', ');
        rows.push(...(await side.ask<Row>(`${select(first, second, third)} IN (${some})`)));
      }
    }
    return rows;
  }
}

export interface TermFacts {
  readonly name: string;
  readonly taxonomy: string;
}

interface PostRecord {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly status: string;
}

interface NamedRecord {
  readonly id: number;
  readonly name: string;
}

const byId = <Row extends { readonly id: number }, T>(rows: readonly Row[], factsOf: (row: Row) => T) =>
  new Map(rows.map((row) => [String(idOf(row.id)), factsOf(row)]));
