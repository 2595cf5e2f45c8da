import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { refusal } from '../output/errors.js';
import { runAttached } from '../process/run-attached.js';
import type { EnvironmentName } from '../site/schema.js';
import { type Layout, paths } from './layout.js';
import { accountFor } from './machine/accounts.js';

/**
 * Runs a shell, or one command, in an environment's document root, as the account that its PHP runs as.
 * @returns its exit status
 * @throws refusal `not-up` if there is no document root yet
 */
export async function openShell(
  layout: Layout,
  environment: EnvironmentName,
  command: readonly string[],
): Promise<number> {
  const root = environment === 'dev' ? paths.devRoot(layout) : join(paths.instance(layout, 'prod-1'), 'current');
  if (!existsSync(root)) {
    throw refusal({
      code: 'not-up',
      message: `${environment} has no document root yet.`,
      remedy: environment === 'dev' ? 'Run `understudy up`.' : 'Run `understudy promote`.',
    });
  }
  const [program = '/bin/bash', ...args] = command;
  return runAttached(program, args, { cwd: await realpath(root), as: accountFor(environment) });
}
