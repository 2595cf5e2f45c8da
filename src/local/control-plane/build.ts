import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The control plane's program. */
export const mainFile = fileURLToPath(new URL('./main.js', import.meta.url));

/** Names the program that runs: another for every installation and every build of it. */
export const build = `${mainFile} ${statSync(mainFile, { throwIfNoEntry: false })?.mtimeMs ?? ''}`;
