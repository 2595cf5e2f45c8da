import { fileURLToPath } from 'node:url';
import { type Layout, paths } from '../layout.js';
import type { Service } from '../service-record.js';
import { serverEnvironment } from './server-environment.js';

/** What the guard is written down as. */
export const guardName = 'guard';

const program = fileURLToPath(new URL('./guard.js', import.meta.url));

/**
 * The process that starts the control plane when that is lost, while the control plane starts it when it is lost: only
 * who ends both at once leaves the site without supervision. docs/decisions/0021-guard.md says why it is this way.
 */
export const guardService = (layout: Layout): Service => ({
  name: guardName,
  kind: 'guard',
  mark: `${program}\0${layout.configFile}`,
  daemon: {
    program: process.execPath,
    args: ['--max-old-space-size=32', program, layout.configFile],
    cwd: '/',
    env: serverEnvironment(),
    logFile: paths.log(layout, guardName),
  },
});
