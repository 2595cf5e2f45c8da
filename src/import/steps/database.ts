import type { Step } from '../../promotion/step.js';
import { quoteName } from '../../sql/sql-text.js';
import { withDev, withIncoming } from '../dev-database.js';
import { openDump } from '../dump/open-dump.js';
import type { ImportContext, ImportFacts } from '../facts.js';
import { declareUtf8 } from '../latin1.js';
import { loadDump } from '../load.js';
import { refuseMultisiteImport, requirePrefix } from '../refusals.js';

/** Loads the dump into a schema of its own. Nothing of dev changes. */
export const database: Step<ImportContext, ImportFacts, 'database'> = {
  id: 'database',
  title: 'Load the dump',
  async do(context) {
    const { target, request, app, report, signal } = context;
    const into = await withDev(context, async (_, { incoming }) => incoming);
    const dump = await openDump(request.database);
    const connection = await target.connectForLoading();
    const loaded = await loadDump({
      connection,
      into,
      dump,
      schema: request.schema,
      prefix: request.prefix ?? app.tablePrefix,
      report,
      signal,
    }).finally(() => connection.destroy());
    refuseMultisiteImport(undefined, loaded.survey);
    requirePrefix(app.tablePrefix, loaded.survey.prefixes);
    const latin1 = await withIncoming(context, (own, schema) => declareUtf8(own, schema, signal));
    return { ...loaded, latin1 };
  },
  undo: (context) =>
    withDev(context, async (connection, { incoming }) => {
      await connection.query(`DROP DATABASE IF EXISTS ${quoteName(incoming)}`, [], 600_000);
    }),
};
