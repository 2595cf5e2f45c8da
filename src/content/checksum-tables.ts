import type { SqlConnection } from '../platform/databases.js';
import { fingerprintText } from './fingerprint.js';
import { defaultPartRows } from './part-size.js';
import { fingerprintTable } from './parts.js';
import { readShapes } from './shapes.js';
import { prepareSide, Side } from './side.js';

export interface ChecksumOptions {
  /** Only these. Default: all. */
  readonly tables?: readonly string[];
  readonly signal: AbortSignal;
  /** For everything. Default 10 minutes. */
  readonly deadlineMs?: number;
}

export interface TableChecksum {
  readonly name: string;
  readonly rows: number;
  /** Hexadecimal, of 128 bits of every row's hash; the order of rows does not count, nor do generated columns. */
  readonly checksum: string;
}

/**
 * The checksum of every table of a schema, by name: the same on two servers exactly if tables of the same columns hold
 * the same rows. Read in a snapshot (`inSnapshot`), or where nobody writes.
 * @throws as `compareDatabases` does; close the connection then
 */
export async function checksumTables(
  connection: SqlConnection,
  schema: string,
  { tables, signal, deadlineMs = 600_000 }: ChecksumOptions,
): Promise<TableChecksum[]> {
  const side = new Side('after', connection, schema, { signal, until: performance.now() + deadlineMs });
  await prepareSide(side);
  const checksums: TableChecksum[] = [];
  for (const shape of (await readShapes(side)).values()) {
    if (tables && !tables.includes(shape.name)) continue;
    const found = await fingerprintTable(side, shape, defaultPartRows);
    checksums.push({ name: shape.name, rows: found.rows, checksum: fingerprintText(found) });
  }
  return checksums;
}
