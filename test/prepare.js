/**
 * Installs what only the tests need, where that can be done without asking: shellcheck, which reads the shell scripts
 * of hosts. Without it those tests are skipped, and say so. It is no service, so nothing is started by installing it.
 */
import { execFileSync, spawnSync } from 'node:child_process';

const isHere = (/** @type {string} */ program) => spawnSync(program, ['--version']).error === undefined;
const apt = (/** @type {string[]} */ ...args) =>
  execFileSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });

if (!isHere('shellcheck')) {
  if (process.getuid?.() === 0 && isHere('apt-get')) {
    process.stderr.write('Installing shellcheck, for the tests of shell scripts.\n');
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', 'shellcheck');
  } else {
    process.stderr.write('shellcheck is not here: the tests of shell scripts will be skipped.\n');
  }
}
