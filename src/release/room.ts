import { statfs } from 'node:fs/promises';
import { refusal } from '../output/errors.js';

/** Left free beside what is written, so that databases on the same disk do not starve. */
const spareBytes = 64 * 1024 * 1024;

/**
 * @param what is about to be written: "Staging"
 * @throws code `disk-full` if a folder's disk has not room for so many bytes, and some to spare
 */
export async function requireRoom(folder: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + spareBytes) return;
  throw refusal({
    code: 'disk-full',
    message: `${what} needs ${megabytes(bytes + spareBytes)} in ${folder}, and ${megabytes(free)} are free.`,
    remedy: 'Free some disk space, or remove old releases; nothing was changed.',
  });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
