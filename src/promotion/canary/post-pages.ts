import type { SqlConnection } from '../../platform/databases.js';

/** A post as the database holds it. */
export interface PostRow {
  readonly id: number;
  readonly title: string;
  readonly content: string;
  readonly status: string;
  readonly type: string;
  readonly password: string;
  readonly date: string;
}

/** A post in the present edition and in the new one. */
export interface PostPair {
  readonly before: PostRow | undefined;
  readonly after: PostRow | undefined;
}

/** Kinds of posts that have no page of their own. */
const withoutPage = [
  ...['attachment', 'revision', 'nav_menu_item', 'custom_css', 'customize_changeset', 'oembed_cache', 'user_request'],
  ...['wp_block', 'wp_template', 'wp_template_part', 'wp_global_styles', 'wp_navigation'],
];

export const hasPage = (type: string) => !withoutPage.includes(type);

const columns =
  'ID AS id, post_title AS title, LEFT(post_content, 20000) AS content, post_status AS status, post_type AS type, ' +
  'post_password AS password, post_date AS date';

/** @param prefix WordPress's, which the definition keeps to letters, digits and underscores */
export async function readPosts(
  server: SqlConnection,
  prefix: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, PostRow>> {
  if (ids.length === 0) return new Map();
  const marks = ids.map(() => '?').join(', ');
  const rows = await server.query<PostRow>(`SELECT ${columns} FROM \`${prefix}posts\` WHERE ID IN (${marks})`, ids);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The newest published posts of each kind that are not among `except`, at most `most` in all. */
export async function samplePosts(
  server: SqlConnection,
  prefix: string,
  except: ReadonlySet<number>,
  most: number,
): Promise<readonly PostRow[]> {
  const kinds = await server.query<{ type: string }>(`SELECT DISTINCT post_type AS type FROM \`${prefix}posts\``);
  const lists: PostRow[][] = [];
  for (const { type } of kinds.filter((kind) => hasPage(kind.type)).slice(0, 10)) {
    const rows = await server.query<PostRow>(
      `SELECT ${columns} FROM \`${prefix}posts\` WHERE post_type = ? AND post_status = 'publish' AND post_password = ''
        ORDER BY post_date DESC, ID DESC LIMIT ?`,
      [type, most + except.size],
    );
    lists.push(rows.filter(({ id }) => !except.has(id)));
  }
  // One of each kind, then another of each.
  const turns = Array.from({ length: most }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1)));
  return turns.flat().slice(0, most);
}

/** Where WordPress finds a post whatever its addresses look like; it answers with a redirect to the real one. */
export function finderOf({ id, type }: Pick<PostRow, 'id' | 'type'>): string {
  if (type === 'page') return `/?page_id=${id}`;
  return type === 'post' ? `/?p=${id}` : `/?post_type=${encodeURIComponent(type)}&p=${id}`;
}
