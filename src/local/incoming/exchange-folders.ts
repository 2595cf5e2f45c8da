import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushFolder } from '../../state/atomic-file.js';

export interface Folders {
  /** What is in use. */
  readonly used: string;
  /** What is to take its place; gone when it has. */
  readonly incoming: string;
  /** Where what was in use is kept. */
  readonly kept: string;
}

/**
 * Puts one folder in the place of another, and keeps that. What is there tells how far an earlier attempt came, so
 * it may be repeated after a crash. Between two renames there is no folder in use, for less than a millisecond.
 */
export async function exchangeFolders({ used, incoming, kept }: Folders): Promise<void> {
  if (!existsSync(incoming)) return;
  await moveAway({ used, incoming, kept });
  await rename(incoming, used);
  await flushFolder(dirname(used));
}

/** Takes the exchange back, wholly or as far as it came. */
export async function exchangeFoldersBack({ used, incoming, kept }: Folders): Promise<void> {
  if (!existsSync(kept)) return;
  if (!existsSync(incoming)) await rename(used, incoming);
  // A control plane that was started in between finds nothing in use and fills it anew: nobody has seen that.
  else await rm(used, { recursive: true, force: true });
  await rename(kept, used);
  await flushFolder(dirname(used));
}

async function moveAway({ used, kept }: Folders): Promise<void> {
  if (existsSync(kept)) await rm(used, { recursive: true, force: true });
  else if (existsSync(used)) await rename(used, kept);
}
