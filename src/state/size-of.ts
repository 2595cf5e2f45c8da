import { stat } from 'node:fs/promises';
import { hasErrno } from '../output/errors.js';

/** In bytes; 0 for a file that is not there. */
export async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error) => {
    if (!hasErrno(error, 'ENOENT')) throw error;
  });
  return found?.size ?? 0;
}
