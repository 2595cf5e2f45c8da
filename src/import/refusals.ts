import { refusal } from '../output/errors.js';
import type { SqlConnection } from '../platform/databases.js';
import { tablesIn, triggersIn } from '../sql/exchange-schemas.js';
import type { Survey } from './dump/survey.js';
import type { SiteFiles } from './site-files.js';

/**
 * The prefix of the site's tables, as it has to be: both environments' configuration is made with it.
 * @param found in the dump, or in the site's own configuration
 * @throws refusal `prefix-differs`, `prefix-unknown`
 */
export function requirePrefix(defined: string, found: readonly string[]): void {
  if (found.includes(defined)) return;
  const [first] = found;
  if (first === undefined) {
    throw refusal({
      code: 'prefix-unknown',
      message: 'The dump has no tables of WordPress: none whose names end in options and posts.',
      remedy: 'See whether it is the dump of this site.',
    });
  }
  throw refusal({
    code: 'prefix-differs',
    message: `The tables of the site begin with ${found.join(', ')}, and the definition says ${defined}.`,
    remedy: `Write app: { kind: 'wordpress', tablePrefix: '${first}' } into the definition, run \`understudy up\`, and import again.`,
  });
}

/** @throws refusal `multisite` */
export function refuseMultisiteImport(files: SiteFiles | undefined, survey: Survey | undefined): void {
  if (!files?.config.isMultisite && !survey?.isMultisite) return;
  throw refusal({
    code: 'multisite',
    message: 'This is a WordPress multisite, which cannot be promoted.',
    remedy: 'Export each site of it as one of its own, and give each a definition.',
  });
}

/**
 * What is in dev is kept in another schema, which views and triggers cannot be moved to.
 * @throws refusal `views-in-dev`, `triggers-in-dev`
 */
export async function refuseUnmovable(connection: SqlConnection, schema: string): Promise<void> {
  const views = await tablesIn(connection, schema, 'VIEW');
  if (views.length > 0) {
    throw refusal({
      code: 'views-in-dev',
      message: `Dev's database has views, which cannot be kept under another name: ${views.join(', ')}.`,
      remedy: 'Drop them in dev first; a copy of their definition is in what SHOW CREATE VIEW says.',
    });
  }
  const triggers = await triggersIn(connection, schema);
  if (triggers.length > 0) {
    throw refusal({
      code: 'triggers-in-dev',
      message: `Dev's tables have triggers, which cannot be kept under another name: ${triggers.join(', ')}.`,
      remedy: 'Drop them in dev first; a copy of their definition is in what SHOW CREATE TRIGGER says.',
    });
  }
}
