import { inSnapshot } from '../content/snapshot.js';
import type { ContentChanges } from '../content/wordpress/changes.js';
import { contentChanges } from '../content/wordpress/content-changes.js';
import { UnderstudyError } from '../output/errors.js';
import type { SqlConnection } from '../platform/databases.js';
import type { Edition } from '../platform/edition.js';
import type { GatedDatabase } from '../platform/platform.js';
import type { PromotionContext } from './context.js';
import type { PlanProblem } from './facts.js';

export interface ComparedContent {
  /** Null where it was not compared: no WordPress, the first edition, a rollback. */
  readonly changes: ContentChanges | null;
  readonly problems: readonly PlanProblem[];
}

const notCompared: ComparedContent = { changes: null, problems: [] };

/**
 * Compares what prod's edition holds with dev as it is now, row by row. Dev has stood at G a moment ago; what was
 * written since is told as well, although the promotion stops at G. A comparison that fails is told as a warning:
 * nothing depends on it.
 */
export async function planContent(context: PromotionContext, previous: Edition | null): Promise<ComparedContent> {
  const { platform, site, request } = context;
  const [replica] = previous?.replicas ?? [];
  if (!platform.database || site.app.kind !== 'wordpress' || replica === undefined || request.kind === 'rollback') {
    return notCompared;
  }
  const connections = await openBoth(platform.database, replica);
  try {
    return { changes: await compare(context, site.app.tablePrefix, connections), problems: [] };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof UnderstudyError)) throw error;
    const text = `What changes in the content could not be told: ${error.message}`;
    return { changes: null, problems: [{ severity: 'warning', code: 'content-not-compared', text }] };
  } finally {
    await Promise.all(connections.map((connection) => connection.end()));
  }
}

/** Of dev the standby is asked, where there is one: it has what the primary has, and fewer who wait for it. */
async function openBoth({ databases }: GatedDatabase, replica: string): Promise<[SqlConnection, SqlConnection]> {
  const { primary, standby, state } = await databases.topology();
  const dev = state === 'redundant' && standby !== undefined ? standby : primary;
  const before = await databases.connect(replica, 'operator');
  try {
    return [before, await databases.connect(dev, 'operator')];
  } catch (error) {
    await before.end();
    throw error;
  }
}

async function compare(
  { request, report, signal }: PromotionContext,
  tablePrefix: string,
  [before, after]: readonly [SqlConnection, SqlConnection],
): Promise<ContentChanges> {
  const schemas = { before: await schemaOf(before), after: await schemaOf(after) };
  const limits = request.details ? { most: Number.POSITIVE_INFINITY, rowsPerTable: Number.POSITIVE_INFINITY } : {};
  return inSnapshot(after, () => contentChanges(before, after, { schemas, tablePrefix, report, signal, ...limits }));
}

async function schemaOf(connection: SqlConnection): Promise<string> {
  const [row] = await connection.query<{ name: string }>('SELECT DATABASE() AS name');
  if (!row) throw new Error('The server did not name its schema.');
  return row.name;
}
