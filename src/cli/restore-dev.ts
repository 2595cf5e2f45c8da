import { checksumTables, type TableChecksum } from '../content/checksum-tables.js';
import { inSnapshot } from '../content/snapshot.js';
import type { ContentChanges } from '../content/wordpress/changes.js';
import { contentChanges } from '../content/wordpress/content-changes.js';
import { refuseWhileExchanging } from '../import/interrupted-import.js';
import type { SiteDatabases } from '../local/database/site-databases.js';
import { localReleaseArchive } from '../local/files/local-release-archive.js';
import { layoutFor, paths } from '../local/layout.js';
import { networkOf } from '../local/network/claim.js';
import { partsOf } from '../local/parts.js';
import { readSite } from '../local/site/applied-site.js';
import { refusal } from '../output/errors.js';
import { reportTask } from '../output/messages.js';
import type { SqlConnection } from '../platform/databases.js';
import type { ServerId } from '../platform/edition.js';
import { refuseBesideInterrupted } from '../promotion/history.js';
import { refuseWhileFollowing } from '../replication/refuse-while-following.js';
import type { Site } from '../site/schema.js';
import { acquireLock } from '../state/lock.js';
import type { CommandContext } from './command.js';

/** Where dev's database is to come back to. */
export type RestoreSource =
  | { readonly from: 'edition'; readonly edition: number; readonly replica: ServerId; readonly position: string }
  /** What an earlier restore replaced. */
  | { readonly from: 'backup'; readonly kept: string };

/** What differs between dev and that: by the tables, and in WordPress's words where it is one. */
export interface RestoreLoss {
  readonly words: ContentChanges | null;
  readonly tables: readonly { readonly name: string; readonly rowsNow: number; readonly rowsThen: number }[];
}

export interface Restored {
  readonly source: RestoreSource;
  readonly lost: RestoreLoss;
  /** The schema that keeps what was there. */
  readonly kept: string;
}

/**
 * Brings dev's database back to what prod's edition holds, or to what the last restore replaced. The promotions' lock
 * is held, also while a person thinks about it.
 * @param agree asked with what would be lost, before anything is changed
 * @returns undefined if it was declined
 * @throws refusals `nothing-promoted`, `no-backup`, `edition-unavailable`, `restore-unsupported`, `prod-follows-dev`,
 *   `promotion-interrupted`, `import-interrupted`, `locked`, `no-database`, `not-up`
 */
export async function restoreDev(
  context: CommandContext,
  from: RestoreSource['from'],
  agree: (source: RestoreSource, lost: RestoreLoss) => Promise<boolean>,
): Promise<Restored | undefined> {
  const { configFile, terminal, signal } = context;
  const layout = layoutFor(configFile);
  const [site, claim] = await Promise.all([readSite(layout), networkOf(layout)]);
  if (!site || !claim) {
    throw refusal({ code: 'not-up', message: 'This site has never been up.', remedy: 'Run `understudy up`.' });
  }
  const { database } = await partsOf(layout, site, claim);
  if (!database) throw refusal({ code: 'no-database', message: 'This site has no database.' });
  const lock = await acquireLock(paths.promotionLock(layout), { why: "restoring dev's database" });
  try {
    await refuseBesideInterrupted(paths.promotions(layout));
    await refuseWhileExchanging(paths.imports(layout));
    await database.devStates.refuseUnsupported();
    const source = from === 'edition' ? await editionSource(layout.stateDir, database) : await keptSource(database);
    const lost = await reportTask(terminal.report, 'compare', 'Compare dev with it', () =>
      compare(context, site, database, source),
    );
    if (!(await agree(source, lost))) return undefined;
    const kept = await reportTask(terminal.report, 'restore', "Restore dev's database", () =>
      source.from === 'edition'
        ? database.devStates.restoreFrom(source.replica, new Date(), signal)
        : database.devStates.restoreKept(source.kept, new Date(), signal),
    );
    return { source, lost, kept };
  } finally {
    await lock.release();
  }
}

async function editionSource(stateDir: string, { gate }: SiteDatabases): Promise<RestoreSource> {
  const edition = await localReleaseArchive(stateDir).currentEdition();
  refuseWhileFollowing(edition);
  if (edition?.position === undefined) {
    throw refusal({ code: 'nothing-promoted', message: 'Nothing has been promoted yet, so prod holds nothing.' });
  }
  for (const replica of edition.replicas) {
    const seen = await gate.status(replica).catch(() => undefined);
    if (seen?.gate !== 'closed' || seen.position !== edition.position || seen.errant !== undefined) continue;
    return { from: 'edition', edition: edition.id, replica, position: edition.position };
  }
  throw refusal({
    code: 'edition-unavailable',
    message: `No replica stands at ${edition.position}, the position of edition ${edition.id}, with its gate closed.`,
    remedy: 'Run `understudy status`.',
  });
}

async function keptSource({ devStates }: SiteDatabases): Promise<RestoreSource> {
  const [kept] = await devStates.kept();
  if (kept !== undefined) return { from: 'backup', kept };
  throw refusal({
    code: 'no-backup',
    message: 'There is no backup: on this machine that is what an earlier `dev restore` has replaced.',
    remedy: 'Use `--from edition`, or import a dump of your own.',
  });
}

async function compare(
  { terminal, signal }: CommandContext,
  site: Site,
  { databases, schema }: SiteDatabases,
  source: RestoreSource,
): Promise<RestoreLoss> {
  const { primary } = await databases.topology();
  const dev = await databases.connect(primary, 'dev');
  try {
    const then = await databases.connect(source.from === 'edition' ? source.replica : primary, 'dev');
    try {
      const schemas = { before: schema, after: source.from === 'edition' ? schema : source.kept };
      return await inSnapshot(dev, async () => {
        const tables = await tableLoss(dev, then, schemas, signal);
        if (site.app.kind !== 'wordpress') return { words: null, tables };
        const { tablePrefix } = site.app;
        const words = await contentChanges(dev, then, { schemas, tablePrefix, report: terminal.report, signal });
        return { words, tables };
      });
    } finally {
      await then.end();
    }
  } finally {
    await dev.end();
  }
}

async function tableLoss(
  dev: SqlConnection,
  then: SqlConnection,
  schemas: { readonly before: string; readonly after: string },
  signal: AbortSignal,
): Promise<RestoreLoss['tables']> {
  const byName = async (server: SqlConnection, schema: string): Promise<ReadonlyMap<string, TableChecksum>> =>
    new Map((await checksumTables(server, schema, { signal })).map((table) => [table.name, table]));
  const [now, past] = [await byName(dev, schemas.before), await byName(then, schemas.after)];
  return [...new Set([...now.keys(), ...past.keys()])]
    .map((name) => ({ name, present: now.get(name), earlier: past.get(name) }))
    .filter(({ present, earlier }) => present?.rows !== earlier?.rows || present?.checksum !== earlier?.checksum)
    .map(({ name, present, earlier }) => ({ name, rowsNow: present?.rows ?? 0, rowsThen: earlier?.rows ?? 0 }));
}
