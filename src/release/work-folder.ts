import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../output/errors.js';

/**
 * Gives `work` an empty folder of its own and removes it afterwards, as well as those that crashed predecessors left.
 * Each has another name: a program that a killed predecessor had started may live on and write into the old one.
 * The caller sees to it that nobody else works under this prefix.
 * @param prefix of the folder's name in `parent`, ending with a hyphen
 */
export async function inWorkFolder<T>(
  parent: string,
  prefix: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true });
  await removeWorkFolders(parent, prefix);
  const folder = await mkdtemp(join(parent, prefix));
  try {
    return await work(folder);
  } finally {
    await remove(folder);
  }
}

/** Removes what crashed predecessors left. */
export async function removeWorkFolders(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) if (name.startsWith(prefix)) await remove(join(parent, name));
}

/** Who still writes into it while it is removed will have ended when the next one tries. */
async function remove(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  } catch (error) {
    if (!hasErrno(error, 'ENOTEMPTY')) throw error;
  }
}
