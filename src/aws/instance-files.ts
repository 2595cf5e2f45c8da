import { createHash } from 'node:crypto';
import { cpSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundles.js';

/** What every web instance runs, here and in AWS. */
export const instanceFolder = fileURLToPath(new URL('../../instance', import.meta.url));

/** Programs that a host in AWS has beside that folder's own, by their place in it: which module each is made from. */
export const hostPrograms = { 'aws/agent.mjs': 'aws/agent/main' } as const;

/** Lays what the image gets below `/opt/understudy/instance` into a folder that is there already. */
export function layInstanceFiles(into: string): void {
  cpSync(instanceFolder, into, { recursive: true });
  for (const [file, entry] of Object.entries(hostPrograms)) writeFileSync(join(into, file), bundle(entry));
}

/** Names the content of `instance/` and of the programs beside it: what an image was built with. */
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
  for (const [file, entry] of Object.entries(hostPrograms)) {
    hash.update(`/${file} ${createHash('sha256').update(bundle(entry)).digest('hex')}\n`);
  }
  return hash.digest('hex');
}
