import { UnderstudyError } from '../output/errors.js';
import { fingerprintPart } from './columns.js';
import type { Column } from './shapes.js';
import type { Side } from './side.js';

/**
 * What a set of rows amounts to, in whatever order they come: their number, and of the 128 bits of every row's
 * fingerprint one half added and the other half combined by exclusive or. The sum tells sets apart in which equal rows
 * come in pairs, which an exclusive or alone does not.
 */
export interface Fingerprint {
  readonly rows: number;
  readonly sum: bigint;
  readonly xor: bigint;
}

export const nothing: Fingerprint = { rows: 0, sum: 0n, xor: 0n };

export const sameFingerprint = (a: Fingerprint, b: Fingerprint) =>
  a.rows === b.rows && a.sum === b.sum && a.xor === b.xor;

/** Of two sets together that share no row. */
export const together = (a: Fingerprint, b: Fingerprint): Fingerprint => ({
  rows: a.rows + b.rows,
  sum: a.sum + b.sum,
  xor: a.xor ^ b.xor,
});

/** For a certificate: hexadecimal. Of a table with the same columns it is the same exactly if the rows are. */
export const fingerprintText = ({ sum, xor }: Fingerprint) => `${sum.toString(16)}-${xor.toString(16)}`;

/**
 * A row's fingerprint, 32 hexadecimal digits. MD5 is for telling accidental differences apart, not for defence: who
 * can write to dev can promote anything.
 */
export function rowHash(columns: readonly Column[]): string {
  const byName = [...columns].sort((a, b) => (a.name < b.name ? -1 : 1));
  return `MD5(CONCAT(${byName.map(fingerprintPart).join(', ')}))`;
}

/** So many rows that the limit never cuts. It is there so that the server works out each row's hash once, not twice. */
const all = '18446744073709551615';

/** `h`: the hash of each row. */
export const hashedRows = (from: string, columns: readonly Column[]) =>
  `(SELECT ${rowHash(columns)} AS h FROM ${from} LIMIT ${all}) AS hashed`;

export const fingerprintFields = `COUNT(*) AS n, COUNT(h) AS hashes,
  COALESCE(SUM(CAST(CONV(LEFT(h, 16), 16, 10) AS UNSIGNED)), 0) AS total,
  COALESCE(BIT_XOR(CAST(CONV(RIGHT(h, 16), 16, 10) AS UNSIGNED)), 0) AS xored`;

export interface FingerprintRecord {
  readonly n: number;
  readonly hashes: number;
  readonly total: string | number;
  readonly xored: number | bigint;
}

/**
 * The fingerprint of a part of a table.
 * @param from the table's name, with the condition if there is one
 */
export async function fingerprintOf(side: Side, from: string, columns: readonly Column[]): Promise<Fingerprint> {
  const [record] = await side.ask<FingerprintRecord>(`SELECT ${fingerprintFields} FROM ${hashedRows(from, columns)}`);
  return record ? toFingerprint(record, from) : nothing;
}

/** @throws code `content-unreadable` where a row gave no hash, which would leave it out of the comparison */
export function toFingerprint({ n, hashes, total, xored }: FingerprintRecord, from: string): Fingerprint {
  if (n !== hashes) throw unreadable(from, n - hashes);
  return { rows: n, sum: BigInt(total), xor: BigInt(xored) };
}

const unreadable = (from: string, rows: number) =>
  new UnderstudyError({
    code: 'content-unreadable',
    message: `${rows} rows of ${from.split(' ')[0]} hold a value that the server cannot work with as a whole.`,
    remedy: "Raise the server's max_allowed_packet above the size of the largest value, and try again.",
  });
