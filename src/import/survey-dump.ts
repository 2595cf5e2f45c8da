import type { GatedDatabase } from '../platform/platform.js';
import { withOperator } from '../replication/operator.js';
import { collationsFor } from './dump/collations.js';
import { openDump } from './dump/open-dump.js';
import { readStatements } from './dump/read-statements.js';
import { Surveyor } from './dump/survey.js';
import { knownCollations, type Loaded, serverVersion } from './load.js';

export interface SurveyOptions {
  readonly file: string;
  readonly schema: string | undefined;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/** What a dump says of itself; its collations as they would be replaced. */
export type Surveyed = Pick<Loaded, 'survey' | 'remarks' | 'collations'>;

/** Reads a dump through and loads nothing: what can be known of it from its text alone. */
export async function surveyDump(
  { databases }: GatedDatabase,
  { file, schema, prefix, signal }: SurveyOptions,
): Promise<Surveyed> {
  const { primary } = await databases.topology();
  const [server, known] = await withOperator(databases, primary, async (connection) => {
    const asked = { rows: <Row extends object>(sql: string) => connection.query<Row>(sql) };
    return [await serverVersion(asked), await knownCollations(asked)] as const;
  });
  const surveyor = new Surveyor();
  const collations = collationsFor(known);
  const statements = readStatements(await openDump(file), { server, collations, schema, signal });
  let next = await statements.next();
  for (; !next.done; next = await statements.next()) surveyor.see(next.value.judged);
  return { survey: surveyor.result(prefix), remarks: next.value, collations: Object.fromEntries(collations.replaced) };
}
