import { hasCode, messageOf } from '../../output/errors.js';
import type { SqlConnection } from '../../platform/databases.js';
import { fetchPage } from '../../promotion/pages.js';
import { need, type Step } from '../../promotion/step.js';
import { quoteName } from '../../sql/sql-text.js';
import { withDev } from '../dev-database.js';
import type { ImportContext, ImportFacts } from '../facts.js';

/** Makes views, removes the schema that is empty now, and looks how dev answers. A site that is broken stays, and is said. */
export const finish: Step<ImportContext, ImportFacts, 'finish'> = {
  id: 'finish',
  title: 'Look at dev',
  async do(context, facts) {
    const { views } = need(facts, 'database');
    return withDev(context, async (connection, { incoming, used }) => {
      const failedViews = await makeViews(connection, views);
      await connection.query(`DROP DATABASE IF EXISTS ${quoteName(incoming)}`);
      return { failedViews, tables: await sizesOf(connection, used), home: await lookAtHome(context) };
    });
  },
};

/** One may read another, in whichever order they were dumped: as long as one more can be made, the rest is tried again. */
async function makeViews(
  connection: SqlConnection,
  views: ImportFacts['database']['views'],
): Promise<readonly string[]> {
  let left = views;
  for (let before = -1; left.length > 0 && left.length !== before; ) {
    before = left.length;
    const failed: (typeof left)[number][] = [];
    for (const view of left) {
      await connection.query(Buffer.from(view.text, 'latin1').toString('utf8')).catch((error) => {
        if (!hasCode(error, 'sql-failed')) throw error;
        failed.push(view);
      });
    }
    left = failed;
  }
  return left.map(({ name }) => name);
}

async function sizesOf(connection: SqlConnection, schema: string): Promise<ImportFacts['finish']['tables']> {
  const rows = await connection.query<{ name: string; rows: number; bytes: number }>(
    'SELECT TABLE_NAME AS name, IFNULL(TABLE_ROWS, 0) AS `rows`, IFNULL(DATA_LENGTH + INDEX_LENGTH, 0) AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = ? ORDER BY bytes DESC',
    [schema, 'BASE TABLE'],
  );
  return rows.map(({ name, rows: count, bytes }) => ({ name, rows: Number(count), bytes: Number(bytes) }));
}

async function lookAtHome({ platform, signal }: ImportContext): Promise<ImportFacts['finish']['home']> {
  try {
    const instance = (await platform.fleet.instances('dev')).find(({ state }) => state === 'healthy');
    if (!instance) return { problem: 'no instance of dev is healthy' };
    const page = await fetchPage({ origin: instance.origin, siteUrl: platform.urls.dev, path: '/', signal });
    const isBroken = /There has been a critical error|Error establishing a database connection|Fatal error/.test(
      page.body,
    );
    return isBroken ? { problem: 'WordPress says that there is a critical error' } : { status: page.status };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: messageOf(error) };
  }
}
