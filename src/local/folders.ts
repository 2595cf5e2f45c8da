import { lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UnderstudyError } from '../output/errors.js';
import type { Layout } from './layout.js';

/**
 * Makes the folders that a site begins with. Started by root, servers of other accounts must be able to enter them;
 * otherwise they are for their user alone.
 * @throws code `folder-unsafe` if somebody else has made the runtime directory
 */
export async function makeSiteFolders({ stateDir, runtimeDir }: Layout, isRoot = process.getuid?.() === 0) {
  const mode = isRoot ? 0o755 : 0o700;
  // The umask of whoever calls does not count: root's may be one that locks servers out.
  const before = process.umask(0o777 & ~mode);
  try {
    await mkdir(stateDir, { recursive: true });
    await mkdir(dirname(runtimeDir), { recursive: true });
    await requireOwn(dirname(runtimeDir));
    await mkdir(runtimeDir, { recursive: true });
  } finally {
    process.umask(before);
  }
}

/** Anybody can make a folder in /tmp, and would own the sockets in it. */
async function requireOwn(folder: string): Promise<void> {
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === process.getuid?.()) return;
  throw new UnderstudyError({
    code: 'folder-unsafe',
    message: `${folder} is not a folder of this account, so no socket may be put there.`,
    remedy: `Find out who has made it, and remove it.`,
  });
}
