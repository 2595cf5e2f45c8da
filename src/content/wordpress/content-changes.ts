import type { SqlConnection } from '../../platform/databases.js';
import {
  type ComparedDatabases,
  type ComparedTable,
  type CompareOptions,
  compareDatabases,
} from '../compare-databases.js';
import type { SideName } from '../rows.js';
import { Side } from '../side.js';
import type { ChangedTable, ContentChanges, ToldChange } from './changes.js';
import { Gathering } from './gather.js';
import { LookUp } from './look-up.js';
import { isTableNoise } from './noise.js';
import { tell } from './tell.js';

export interface ContentOptions
  extends Pick<CompareOptions, 'schemas' | 'report' | 'signal' | 'deadlineMs' | 'chunkRows'> {
  /** WordPress's, such as `wp_`. */
  readonly tablePrefix: string;
  /** Things that are told at most. Default 500; `Infinity` tells all. */
  readonly most?: number;
  /** Changed rows that are read, for each of WordPress's own tables; more are counted only. Default 20,000. */
  readonly rowsPerTable?: number;
}

/** WordPress's own tables, without the prefix. */
const wordTables = new Set([
  'posts',
  'postmeta',
  'comments',
  'commentmeta',
  'users',
  'usermeta',
  'terms',
  'term_taxonomy',
  'term_relationships',
  'termmeta',
  'options',
  'links',
]);

/** Titles and names fit; what is longer is not read. */
const valueBytes = 1_024;

/**
 * What differs between two databases of a WordPress, in WordPress's words. See `compareDatabases` for the connections,
 * the snapshot and the errors.
 */
export async function contentChanges(
  before: SqlConnection,
  after: SqlConnection,
  options: ContentOptions,
): Promise<ContentChanges> {
  const { tablePrefix, schemas, signal, deadlineMs = 600_000, most = 500, rowsPerTable = 20_000 } = options;
  const until = performance.now() + deadlineMs;
  const gathered = new Gathering();
  const compared = await compareDatabases(before, after, {
    ...options,
    deadlineMs,
    valueBytes,
    onChange: (change) => gathered.take(change.table.slice(tablePrefix.length), change),
    changesOf: (table) => (isWordTable(table, tablePrefix) ? rowsPerTable : 0),
  });
  const sides = {
    before: new Side('before', before, schemas.before, { signal, until }),
    after: new Side('after', after, schemas.after, { signal, until }),
  };
  const { told, noise } = await tell(gathered, new LookUp(sides, tablePrefix, whoHas(compared)));
  return {
    ...summary(compared, tablePrefix),
    ...bounded(told, most),
    noise: noise + noiseInTables(compared, tablePrefix),
  };
}

const isWordTable = (name: string, prefix: string) =>
  name.startsWith(prefix) && wordTables.has(name.slice(prefix.length));

function whoHas({ tables }: ComparedDatabases): (side: SideName, table: string) => boolean {
  const methods = new Map(tables.map(({ name, method }) => [name, method]));
  const absent: Readonly<Record<SideName, string>> = { before: 'added', after: 'removed' };
  return (side, table) => methods.has(table) && methods.get(table) !== absent[side];
}

const changedRows = ({ inserted, updated, deleted }: ComparedTable) => inserted + updated + deleted;

function toldAs({ name }: ComparedTable, prefix: string): ChangedTable['toldAs'] {
  if (isWordTable(name, prefix)) return 'words';
  return isTableNoise(name.startsWith(prefix) ? name.slice(prefix.length) : name) ? 'noise' : 'rows';
}

const noiseInTables = ({ tables }: ComparedDatabases, prefix: string) =>
  tables.filter((table) => toldAs(table, prefix) === 'noise').reduce((sum, table) => sum + changedRows(table), 0);

function summary({ tables, schema }: ComparedDatabases, prefix: string) {
  const changed = tables.filter((table) => changedRows(table) > 0 || table.rows.before !== table.rows.after);
  const words = changed.filter((table) => toldAs(table, prefix) === 'words');
  const checksums = (side: SideName) =>
    Object.fromEntries(
      tables.flatMap(({ name, checksums: found }) => (found[side] === undefined ? [] : [[name, found[side]] as const])),
    );
  return {
    tables: changed.map((table) => ({
      name: table.name,
      inserted: table.inserted,
      updated: table.updated,
      deleted: table.deleted,
      toldAs: toldAs(table, prefix),
    })),
    rowsNotRead: words.reduce((sum, table) => sum + changedRows(table) - table.told, 0),
    schema,
    unkeyed: changed.filter(({ method }) => method === 'by-content').map(({ name }) => name),
    checksums: { before: checksums('before'), after: checksums('after') },
  };
}

const kinds: readonly ToldChange['what'][] = ['post', 'menu', 'option', 'user', 'term', 'comment', 'link'];

function bounded(told: readonly ToldChange[], most: number) {
  const sorted = [...told].sort(
    (a, b) =>
      kinds.indexOf(a.what) - kinds.indexOf(b.what) ||
      compareText(a.type ?? '', b.type ?? '') ||
      compareText(a.title, b.title),
  );
  return { told: sorted.slice(0, most), notTold: Math.max(0, told.length - most) };
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
