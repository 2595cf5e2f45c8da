import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { WebInstance } from './web-instance.js';

/** What lies on the instances beside one edition and the placeholder, in words; also a canary that nobody dismissed. */
export async function leftoversOf(
  instances: readonly WebInstance[],
  canary: WebInstance,
  edition: number,
): Promise<readonly string[]> {
  const found = await Promise.all(
    instances.map(async ({ id, root }) => {
      const names = await readdir(join(root, 'editions'));
      const kept = new Set(['0', String(edition), '.lock']);
      return names.filter((name) => !kept.has(name)).map((name) => `${id} has ${describe(name)}`);
    }),
  );
  return [...found.flat(), ...(existsSync(canary.envFile) ? ['the canary has not been dismissed'] : [])];
}

const describe = (name: string) => (/^\d+$/.test(name) ? `edition ${name}` : `a remainder of an edition (${name})`);
