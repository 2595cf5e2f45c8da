import type { SqlConnection } from '../../platform/databases.js';
import { keyFields } from '../columns.js';
import { keysOf, literalsOf } from '../keys.js';
import { readShapes, type TableShape } from '../shapes.js';
import { prepareSide, Side } from '../side.js';
import { type ByteText, fromBytes } from './byte-text.js';
import { excerpt } from './findings.js';
import { rowName } from './rewrite-keyed.js';
import { bytesOf, namesHost, placeOfHost, textColumns } from './text-columns.js';

/** Where a host is still named. */
export interface Mention {
  readonly table: string;
  readonly column: string;
  readonly rows: number;
  readonly examples: readonly { readonly row: string; readonly text: string }[];
}

const mostExamples = 3;

/**
 * Lists where hosts are named in a schema, in any form: after a rewriting, what is left of the old address, such as
 * e-mail addresses, running text, and what could not be rewritten. Nothing is written.
 */
export async function scanForHosts(
  connection: SqlConnection,
  {
    schema,
    hosts,
    signal,
    deadlineMs = 3_600_000,
  }: {
    readonly schema: string;
    readonly hosts: readonly ByteText[];
    readonly signal: AbortSignal;
    readonly deadlineMs?: number;
  },
): Promise<readonly Mention[]> {
  const side = new Side('after', connection, schema, { signal, until: performance.now() + deadlineMs });
  await prepareSide(side);
  const mentions: Mention[] = [];
  for (const shape of (await readShapes(side)).values()) {
    const columns = textColumns(shape);
    if (columns.length === 0) continue;
    // All columns of a table at once: it is read a single time.
    const sums = columns.map((column, index) => `SUM(${namesHost(column, hosts)}) AS n${index}`).join(', ');
    const [counted] = await side.ask<Record<string, unknown>>(`SELECT ${sums} FROM ${side.qualified(shape.name)}`);
    for (const [index, column] of columns.entries()) {
      const rows = Number(counted?.[`n${index}`] ?? 0);
      if (rows > 0)
        mentions.push({
          table: shape.name,
          column: column.name,
          rows,
          examples: await examplesOf(side, shape, index, hosts),
        });
    }
  }
  return mentions;
}

async function examplesOf(
  side: Side,
  shape: TableShape,
  index: number,
  hosts: readonly ByteText[],
): Promise<Mention['examples']> {
  const column = textColumns(shape)[index];
  const [key] = keysOf(shape);
  if (!column) return [];
  const from = `GREATEST(1, ${placeOfHost(column, hosts)} - 60)`;
  const rows = await side.ask<Record<string, unknown> & { text: Buffer }>(
    `SELECT ${key ? `${keyFields(key.columns)}, ` : ''}SUBSTRING(${bytesOf(column)}, ${from}, 160) AS text
       FROM ${side.qualified(shape.name)} WHERE ${namesHost(column, hosts)} LIMIT ${mostExamples}`,
  );
  return rows.map((row) => ({
    row: key
      ? rowName(
          key,
          literalsOf(
            key,
            key.columns.map((_, at) => row[`v${at}`]),
          ),
        )
      : 'a row',
    text: excerpt(fromBytes(row.text), 0),
  }));
}
