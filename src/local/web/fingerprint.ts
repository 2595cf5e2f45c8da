import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { instanceFile } from './instance-files.js';

/** What an instance is made from, below `instance/`, beside its description. */
const sources = ['boot', 'variables.sh', 'render.awk', 'nginx', 'php-fpm', 'health', 'pages'];

/** Changes with the instance's description, and with any file that an instance is made from. */
export function fingerprintOf(environment: string): string {
  const hash = createHash('sha256').update(environment);
  const add = (path: string) => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(path).update(readFileSync(path));
  };
  for (const name of sources) add(instanceFile(name));
  return hash.digest('hex');
}
