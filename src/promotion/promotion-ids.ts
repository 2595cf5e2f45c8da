import { readdir } from 'node:fs/promises';
import { hasErrno } from '../output/errors.js';

/** Oldest first: an id begins with the time at which it was asked for. */
export async function promotionIds(promotionsDir: string): Promise<string[]> {
  try {
    return (await readdir(promotionsDir)).filter((name) => /^\d{8}T/.test(name)).sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
