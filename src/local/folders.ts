import { chmod, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UnderstudyError } from '../output/errors.js';
import { releasePaths } from './files/local-release-archive.js';
import { type Layout, paths } from './layout.js';

/**
 * Makes the folders that a site begins with. Started by root, servers of other accounts must be able to pass through
 * them, and nobody else of the machine has to see what there is; otherwise they are for their user alone.
 * @throws code `folder-unsafe` if somebody else has made the runtime directory
 */
export async function makeSiteFolders(layout: Layout, isRoot = process.getuid?.() === 0) {
  const { stateDir, runtimeDir } = layout;
  const mode = isRoot ? 0o711 : 0o700;
  // The umask of whoever calls does not count: root's may be one that locks servers out.
  const before = process.umask(0o777 & ~mode);
  try {
    await mkdir(stateDir, { recursive: true });
    await mkdir(dirname(runtimeDir), { recursive: true });
    await requireOwn(dirname(runtimeDir));
    await mkdir(runtimeDir, { recursive: true });
    await mkdir(paths.shared(layout), { recursive: true });
    for (const folder of [stateDir, paths.shared(layout)]) await chmod(folder, mode);
  } finally {
    process.umask(before);
  }
  for (const folder of guarded(layout)) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o700);
  }
}

/** The site's code and content, and what was planned with them: no server reads it here, and no other account may. */
const guarded = (layout: Layout) => [
  releasePaths.releases(layout.stateDir),
  releasePaths.packs(layout.stateDir),
  paths.promotions(layout),
  paths.imports(layout),
  paths.drills(layout),
  paths.accessLogs(layout),
];

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
