import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { gainPrivileges } from '../../../src/local/machine/privileged.js';

let folder: string | undefined;
afterEach(() => {
  vi.unstubAllEnvs();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** A sudo that answers as told: the real one may not be on this machine, and asks for real passwords. */
function sudo(script: string): void {
  folder = mkdtempSync(join(tmpdir(), 'understudy-sudo-'));
  writeFileSync(join(folder, 'sudo'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'sudo'), 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
}

it('root needs no sudo', async () => {
  sudo('exit 99');
  const privileged = await gainPrivileges(true);
  expect((await privileged('sh', ['-c', 'echo "$GREETING"'], { env: { GREETING: 'hello' } })).stdout).toBe('hello');
});

it('a sudo that asks for nothing is used, environment and all', async () => {
  sudo('[ "$1" = -n ] || exit 1\nshift\n[ "$1" = -- ] && shift\nexec "$@"');
  const privileged = await gainPrivileges(false);
  expect((await privileged('sh', ['-c', 'echo "$GREETING"'], { env: { GREETING: 'hello' } })).stdout).toBe('hello');
});

it('a sudo that asks for a password is refused, with the command that does it', async () => {
  sudo('echo "sudo: a password is required" >&2; exit 1');
  await expect(gainPrivileges(false, ['node', 'main.js', 'doctor', '--install'])).rejects.toMatchObject({
    code: 'root-needed',
    kind: 'refused',
    remedy: expect.stringContaining('`sudo node main.js doctor --install`'),
  });
});
