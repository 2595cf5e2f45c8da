import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Those of an instance that its servers hold open. The others, `php.log` and `php-slow.log`, are opened for each message. */
const heldOpen = ['access.log', 'error.log', 'php-fpm.log'];

/**
 * Whether a server of an instance still writes into a log that was put aside, and has to be told to open it anew: what
 * lies there says so, also after somebody died between the one and the other.
 */
export function isWritingIntoOld(folder: string): boolean {
  return heldOpen.some((name) => !existsSync(join(folder, name)) && existsSync(join(folder, `${name}.1`)));
}
