import type { Step } from '../../promotion/step.js';
import { exchangeTables, exchangeTablesBack } from '../../sql/exchange-schemas.js';
import { withDev } from '../dev-database.js';
import { type ImportContext, type ImportFacts, keptName } from '../facts.js';
import { refuseUnmovable } from '../refusals.js';

/**
 * The moment in which dev becomes the imported site. People get WordPress's page about maintenance for as long; the
 * tables change first and the files after them, so that no code ever meets the other's tables while it is open.
 */
export const exchange: Step<ImportContext, ImportFacts, 'exchange'> = {
  id: 'exchange',
  title: 'Put the site into dev, and keep what was there',
  check: (context) => withDev(context, (connection, { used }) => refuseUnmovable(connection, used)),
  async do(context) {
    const { target, request } = context;
    const keep = keptName(request);
    await target.closeDev(context);
    const keptSchema = await withDev(context, async (connection, schemas) => {
      await exchangeTables(connection, schemas);
      return schemas.kept;
    });
    await target.exchangeFiles(keep);
    await target.openDev(context);
    return { keptFolder: target.keptFolder(keep), keptSchema };
  },
  async undo(context, facts) {
    const { target, request } = context;
    await target.closeDev(context);
    const views = facts.database?.views.map(({ name }) => name) ?? [];
    await withDev(context, (connection, schemas) => exchangeTablesBack(connection, schemas, views));
    await target.exchangeFilesBack(keptName(request));
    await target.openDev(context);
  },
};
