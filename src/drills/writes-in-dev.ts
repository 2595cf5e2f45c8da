import type { SqlConnection } from '../platform/databases.js';
import { withOperator } from '../replication/operator.js';
import { Asker } from './ask.js';
import { anyMark } from './ledger.js';
import type { Ground } from './stage.js';
import { WordpressSession } from './wordpress-session.js';

interface Found {
  readonly mark: string;
  readonly count: number;
}

/** How often each mark of a run stands in dev's database: what the primary itself says. */
export async function findWrites(ground: Ground, run: string): Promise<ReadonlyMap<string, number>> {
  const { app } = ground.site;
  if (app.kind !== 'wordpress') return new Map();
  const like = `Drill ${run} write %`;
  return onPrimary(ground, new Map(), async (connection) => {
    const posts = await connection.query<Found>(
      `SELECT post_title AS mark, COUNT(*) AS count FROM \`${app.tablePrefix}posts\`
        WHERE post_type = 'post' AND post_title LIKE ? GROUP BY post_title`,
      [like],
    );
    const comments = await connection.query<Found>(
      `SELECT comment_content AS mark, COUNT(*) AS count FROM \`${app.tablePrefix}comments\`
        WHERE comment_content LIKE ? GROUP BY comment_content`,
      [like],
    );
    return new Map([...posts, ...comments].map(({ mark, count }) => [mark, count]));
  });
}

/** As many as WordPress is asked to remove at the same time. */
const removedAtOnce = 4;

/** Removes what authors of drills wrote, of this run and of runs that were cut off, with WordPress's own means. */
export async function removeWrites(ground: Ground): Promise<void> {
  const { site, login, places } = ground;
  const { app } = site;
  if (app.kind !== 'wordpress' || !login) return;
  const posts = await onPrimary(ground, [], (connection) =>
    connection.query<{ id: number }>(
      `SELECT ID AS id FROM \`${app.tablePrefix}posts\`
        WHERE post_type = 'post' AND post_status = 'private' AND post_title REGEXP ?`,
      [anyMark],
    ),
  );
  if (posts.length === 0) return;
  const asker = new Asker(places.dev);
  try {
    const session = new WordpressSession(asker, login);
    await session.logIn();
    const left = posts.map(({ id }) => id);
    const removeRest = async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) await session.remove(id);
    };
    await Promise.all(Array.from({ length: removedAtOnce }, removeRest));
  } finally {
    asker.end();
  }
}

async function onPrimary<T>(
  { platform }: Ground,
  without: T,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  if (!platform.database) return without;
  const { databases } = platform.database;
  return withOperator(databases, (await databases.topology()).primary, work);
}
