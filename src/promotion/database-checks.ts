import { refusal } from '../output/errors.js';
import type { Edition, ServerId } from '../platform/edition.js';
import type { DatedDatabases, GatedDatabase } from '../platform/platform.js';
import type { Position } from '../platform/position.js';
import { canServeFrom, foreignTables, tablesWithoutPrimaryKey } from '../replication/inspect.js';
import { withOperator } from '../replication/operator.js';
import type { Site } from '../site/schema.js';
import type { PlanProblem } from './facts.js';

/** @throws refusals `primary-not-ready`, `gate-not-closed`, `errant-transactions`, `replica-left-out`, `replica-leaked`, `binlogs-gone` */
export async function refuseUnfitDatabase(database: GatedDatabase, previous: Edition | null): Promise<void> {
  const { databases, gate } = database;
  const { state, primary, replicas } = await databases.topology();
  if (state === 'down' || state === 'failing-over') {
    throw refusal({
      code: 'primary-not-ready',
      message: `Dev's database is ${state}.`,
      remedy: 'Wait until `understudy status` shows it redundant, or solo.',
    });
  }
  const standing = await Promise.all(replicas.map(async (replica) => ({ replica, ...(await gate.status(replica)) })));
  // Prod is ahead of its edition: nothing stands there to go back to, and this promotion is what mends it.
  const isAhead = previous !== null && standing.every(({ position }) => position !== previous.position);
  for (const { replica, gate: state, position, errant, error } of standing) {
    const unfit = (code: string, what: string) =>
      refusal({
        code,
        message: `${replica} ${what}.`,
        remedy: `Run \`understudy replica rebuild ${replica}\`, which makes it good again from the other one.`,
      });
    if (state !== 'closed') throw unfit('gate-not-closed', `has its gate ${state}${error ? ` (${error})` : ''}`);
    if (errant) throw unfit('errant-transactions', `has transactions that dev does not have (${errant})`);
    if (!(await primaryServes(database, primary, position))) {
      throw unfit('binlogs-gone', `stands at ${position}, and ${primary} has no binary logs from there on`);
    }
    if (!previous || isAhead) continue;
    if (!previous.replicas.includes(replica)) {
      // Made anew from the primary: this promotion moves it first, and takes it in.
      if (database.rebuildsFrom === 'primary' && previous.replicas.length > 0) continue;
      throw unfit('replica-left-out', `does not belong to prod's edition ${previous.id}`);
    }
    if (position !== previous.position) {
      const at = position || 'the beginning';
      throw unfit('replica-leaked', `stands at ${at}, and prod's edition at ${previous.position || 'the beginning'}`);
    }
  }
}

function primaryServes({ databases, positions }: DatedDatabases, primary: ServerId, from: Position): Promise<boolean> {
  return withOperator(databases, primary, (server) => canServeFrom(server, from, positions));
}

/**
 * For a position that was read earlier: a failover may have taken it back.
 * @throws refusal `position-gone`
 */
export async function refuseGonePosition({ databases, positions }: DatedDatabases, position: Position): Promise<void> {
  const { primary } = await databases.topology();
  if (await withOperator(databases, primary, (server) => positions.holds(server, position))) return;
  throw refusal({
    code: 'position-gone',
    message: `The plan's position ${position} is not in the history of ${primary} any more.`,
    remedy: 'Run `understudy promote --plan` for a new plan.',
  });
}

/**
 * Several sites in one database have domains in their tables, which a promotion would bring to prod unseen.
 * @throws refusal `multisite`
 */
export async function refuseMultisite({ databases }: GatedDatabase, site: Pick<Site, 'app' | 'environments'>) {
  const { app, environments } = site;
  if (app.kind !== 'wordpress') return;
  const isWanted = Object.values(environments).some(({ constants }) => constants.MULTISITE);
  const { primary } = await databases.topology();
  const tables = await withOperator(databases, primary, (server) =>
    server.query(
      'SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?, ?)',
      [`${app.tablePrefix}blogs`, `${app.tablePrefix}sitemeta`],
    ),
  );
  if (!isWanted && tables.length === 0) return;
  throw refusal({
    code: 'multisite',
    message: 'Dev is a WordPress multisite, which cannot be promoted.',
    remedy: 'Give each site a definition and a WordPress of its own.',
  });
}

/** What replication copes with, but not well. */
export async function databaseWarnings({ databases }: GatedDatabase): Promise<readonly PlanProblem[]> {
  const { primary } = await databases.topology();
  return withOperator(databases, primary, async (server) => {
    const [row] = await server.query<{ name: string }>('SELECT DATABASE() AS name');
    const schema = row?.name ?? '';
    const foreign = (await foreignTables(server, schema)).map(({ table, engine }) => ({
      severity: 'warning' as const,
      code: 'storage-engine',
      text: `The table ${table} is kept by ${engine}, not InnoDB: after a crash prod's copy of it may differ from dev's.`,
    }));
    const keyless = (await tablesWithoutPrimaryKey(server, schema)).map((table) => ({
      severity: 'warning' as const,
      code: 'no-primary-key',
      text: `The table ${table} has no primary key: every changed row makes the replicas read all of it.`,
    }));
    return [...foreign, ...keyless];
  });
}
