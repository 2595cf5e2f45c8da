import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What every web instance runs, here and in AWS. */
export const instanceFolder = fileURLToPath(new URL('../../instance', import.meta.url));

/** Names the content of `instance/`: what an image was built with. */
export async function instanceFilesHash(folder = instanceFolder): Promise<string> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const name of names) {
    const content = createHash('sha256')
      .update(await readFile(name))
      .digest('hex');
    hash.update(`${name.slice(folder.length)} ${content}\n`);
  }
  return hash.digest('hex');
}
