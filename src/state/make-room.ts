import { rename } from 'node:fs/promises';
import { hasErrno } from '../output/errors.js';

/**
 * Makes FILE.1 free, for what is put aside of FILE: FILE.1 becomes FILE.2 and so on. FILE itself stays.
 * @param kept how many older ones there are at most, with FILE.1; the oldest is overwritten
 */
export async function makeRoom(file: string, kept: number): Promise<void> {
  for (let number = kept - 1; number >= 1; number--) {
    await rename(`${file}.${number}`, `${file}.${number + 1}`).catch((error) => {
      if (!hasErrno(error, 'ENOENT')) throw error;
    });
  }
}
