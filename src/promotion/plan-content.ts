import type { SideName } from '../content/rows.js';
import { inSnapshot } from '../content/snapshot.js';
import type { ContentChanges } from '../content/wordpress/changes.js';
import { contentChanges } from '../content/wordpress/content-changes.js';
import { UnderstudyError } from '../output/errors.js';
import type { Positions, SqlConnection } from '../platform/databases.js';
import type { Edition, ServerId } from '../platform/edition.js';
import type { GatedDatabase } from '../platform/platform.js';
import type { Position } from '../platform/position.js';
import type { WordpressApp } from '../site/schema.js';
import type { PromotionContext } from './context.js';
import type { PlanProblem, PromotionFacts } from './facts.js';
import { type ContentAt, transactionalTables } from './table-checksums.js';

export interface ComparedContent {
  /** Null where it was not compared: no WordPress, the first edition, a rollback. */
  readonly changes: ContentChanges | null;
  /** The moment of dev that was compared, and what its tables held; else what was staged. */
  readonly at: Pick<PromotionFacts['stage'], 'position' | 'source'>;
  /** Whether `changes` tell exactly that moment. */
  readonly pinned: boolean;
  readonly problems: readonly PlanProblem[];
}

/**
 * Compares what prod's edition holds with one moment of dev, row by row. Dev may have been written to since its code
 * was staged: then this moment is the one that is promoted. A comparison that fails is told as a warning.
 */
export async function planContent(
  context: PromotionContext,
  previous: Edition | null,
  staged: PromotionFacts['stage'],
): Promise<ComparedContent> {
  const {
    platform,
    site: { app },
    request,
  } = context;
  const notCompared = { changes: null, at: staged, pinned: false, problems: [] };
  const [replica] = previous?.replicas ?? [];
  if (!platform.database || app.kind !== 'wordpress' || replica === undefined || request.kind === 'rollback') {
    return notCompared;
  }
  const { positions } = platform.database;
  const { before, after, dev } = await openBoth(platform.database, replica);
  try {
    const schemas = { before: await schemaOf(before), after: await schemaOf(after) };
    return await inSnapshot(after, async () => {
      const at = await momentOf(after, dev, positions, staged, context.signal);
      const changes = await compare(context, app, { before, after, schemas });
      return { changes, at: at ?? staged, pinned: at !== undefined, problems: [] };
    });
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof UnderstudyError)) throw error;
    const text = `What changes in the content could not be told: ${error.message}`;
    return { ...notCompared, problems: [{ severity: 'warning', code: 'content-not-compared', text }] };
  } finally {
    await Promise.all([before.end(), after.end()]);
  }
}

/** Of dev the standby is asked, where there is one: it has what the primary has, and fewer who wait for it. */
async function openBoth({ databases }: GatedDatabase, replica: ServerId) {
  const { primary, standby, state } = await databases.topology();
  const dev = state === 'redundant' && standby !== undefined ? standby : primary;
  const before = await databases.connect(replica, 'operator');
  try {
    return { before, after: await databases.connect(dev, 'operator'), dev };
  } catch (error) {
    await before.end();
    throw error;
  }
}

/** @returns undefined if the server does not tell where its snapshot is */
async function momentOf(
  server: SqlConnection,
  id: ServerId,
  positions: Positions,
  staged: PromotionFacts['stage'],
  signal: AbortSignal,
): Promise<{ readonly position: Position; readonly source: ContentAt | null } | undefined> {
  const position = await positions.snapshotAt(server);
  if (position === undefined) return undefined;
  if (position === staged.position) return { position, source: staged.source };
  return { position, source: { server: id, tables: await transactionalTables(server, signal) } };
}

function compare(
  { request, report, signal }: PromotionContext,
  { tablePrefix }: WordpressApp,
  { before, after, schemas }: { before: SqlConnection; after: SqlConnection; schemas: Record<SideName, string> },
): Promise<ContentChanges> {
  const limits = request.details ? { most: Number.POSITIVE_INFINITY, rowsPerTable: Number.POSITIVE_INFINITY } : {};
  return contentChanges(before, after, { schemas, tablePrefix, report, signal, ...limits });
}

async function schemaOf(connection: SqlConnection): Promise<string> {
  const [row] = await connection.query<{ name: string }>('SELECT DATABASE() AS name');
  if (!row) throw new Error('The server did not name its schema.');
  return row.name;
}
