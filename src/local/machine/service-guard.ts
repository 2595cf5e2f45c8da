import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasErrno } from '../../output/errors.js';
import type { Privileged } from './privileged.js';

/**
 * Keeps services from being started while packages are installed. Debian's packages ask /usr/sbin/policy-rc.d
 * whether they may; ours says no to the one installation that carries our token in its environment, and yes (or what
 * a policy that was there before says) to every other. So a policy that a crash leaves behind does no harm. It also
 * names the packages that are being installed, for whoever cleans up after a crash.
 */
export interface ServiceGuard {
  /** For the environment of the package manager. */
  readonly env: Readonly<Record<string, string>>;
  readonly packages: readonly string[];
}

export interface PolicyPaths {
  readonly policy: string;
  /** Where a policy that was there before is kept meanwhile. */
  readonly kept: string;
}

const systemPaths: PolicyPaths = {
  policy: '/usr/sbin/policy-rc.d',
  kept: '/usr/sbin/policy-rc.d.kept-by-understudy',
};
const mark = '# Placed by understudy';
const variable = 'UNDERSTUDY_INSTALLATION';

/** Puts the guard in place. What was there before is kept; at every moment one of the two is in place. */
export async function placeGuard(
  packages: readonly string[],
  privileged: Privileged,
  paths: PolicyPaths = systemPaths,
): Promise<ServiceGuard> {
  const token = randomBytes(12).toString('hex');
  const aside = `${paths.policy}.${token}`;
  const folder = await mkdtemp(join(tmpdir(), 'understudy-policy-'));
  try {
    await writeFile(join(folder, 'policy'), policyText(token, packages, paths));
    await privileged('install', ['-m', '0755', join(folder, 'policy'), aside]);
    // A hard link to the file, or to the symbolic link, itself: it stays in place until the rename replaces it.
    if (exists(paths.policy)) await privileged('ln', ['-P', '-T', paths.policy, paths.kept]);
    await privileged('mv', ['-f', '-T', aside, paths.policy]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { env: { [variable]: token }, packages };
}

/** Takes the guard away and puts back what was there. Does nothing if there is none; may be repeated. */
export async function removeGuard(privileged: Privileged, paths: PolicyPaths = systemPaths): Promise<void> {
  const ours = findGuard(paths) !== undefined;
  if (ours && exists(paths.kept)) await privileged('mv', ['-f', '-T', paths.kept, paths.policy]);
  else if (ours) await privileged('rm', ['-f', paths.policy]);
  // Kept, and yet the policy is not ours: a crash before the rename, or somebody has put a new one in its place.
  else if (exists(paths.kept)) await privileged('rm', ['-f', paths.kept]);
}

/** The guard that is in place: after a crash, what tells which packages were being installed. */
export function findGuard(paths: PolicyPaths = systemPaths): ServiceGuard | undefined {
  let text: string;
  try {
    text = readFileSync(paths.policy, 'utf8');
  } catch {
    return undefined;
  }
  if (!text.includes(mark)) return undefined;
  const token = /"\$\{UNDERSTUDY_INSTALLATION:-\}" = ([0-9a-f]+) /.exec(text)?.[1] ?? '';
  const packages = /^# packages: (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
  return { env: { [variable]: token }, packages: packages.filter((name) => name !== '') };
}

function policyText(token: string, packages: readonly string[], { kept }: PolicyPaths): string {
  return `#!/bin/sh
${mark} while it installs packages, so that their services are not started.
# It concerns that one installation alone. If it was left behind, \`understudy doctor --install\` removes it.
# packages: ${packages.join(' ')}
if [ "\${${variable}:-}" = ${token} ]; then exit 101; fi
if [ -x '${kept}' ]; then exec '${kept}' "$@"; fi
exit 0
`;
}

/** Without following a symbolic link: a policy may be one, and may dangle. */
function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
