import type { ZodType } from 'zod';
import { UnderstudyError } from '../../output/errors.js';
import type { Bucket } from './bucket.js';

/**
 * Reads a JSON object of the bucket and checks its shape.
 * @returns undefined if there is none
 * @throws code `state-unreadable`
 */
export async function readStored<T>(bucket: Bucket, key: string, schema: ZodType<T>): Promise<T | undefined> {
  const found = await bucket.read(key);
  return found && parseStored(found.text, schema, bucket.placeOf(key));
}

/** Somebody else may be writing at the same moment; nobody does for long. */
const tries = 10;

/**
 * Changes a JSON object that others may change as well: it is written only if it is still what was read, else read
 * again.
 * @param change from what is there, or undefined, to what is to be
 * @returns what is there now
 * @throws code `changed-meanwhile` if others were faster ten times
 */
export async function updateStored<T>(
  bucket: Bucket,
  key: string,
  schema: ZodType<T>,
  change: (found: T | undefined) => Promise<T> | T,
): Promise<T> {
  for (let turn = 0; turn < tries; turn++) {
    const found = await bucket.read(key);
    const next = await change(found && parseStored(found.text, schema, bucket.placeOf(key)));
    const condition = found ? { tag: found.tag } : ({ absent: true } as const);
    if ((await bucket.write(key, JSON.stringify(next), condition)) !== undefined) return next;
  }
  throw changedMeanwhile(bucket.placeOf(key));
}

export const changedMeanwhile = (place: string) =>
  new UnderstudyError({
    code: 'changed-meanwhile',
    message: `Somebody else has changed ${place} meanwhile.`,
    remedy: 'Look who else promotes this site, and run the command again.',
  });

export function parseStored<T>(text: string, schema: ZodType<T>, place: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UnderstudyError({
      code: 'state-unreadable',
      message: `${place} cannot be understood.`,
      remedy: 'It is written by this program alone; put back an earlier version of it, which the bucket keeps.',
      cause,
    });
  }
}
