import { fileURLToPath } from 'node:url';

/** A file of the folder `instance/`, which holds what every web instance runs, here and in AWS. */
export function instanceFile(name: string): string {
  return fileURLToPath(new URL(`../../../instance/${name}`, import.meta.url));
}
