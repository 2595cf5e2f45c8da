import { expect, it } from 'vitest';
import { aptGet, failureOf, lockHolder, parseTransaction } from '../../../src/local/machine/apt.js';
import type { Privileged } from '../../../src/local/machine/privileged.js';
import { servicesIn } from '../../../src/local/machine/services.js';
import type { Message } from '../../../src/output/messages.js';

const result = (exitCode: number, stderr = '', stdout = '') => ({ exitCode, stderr, stdout });
const locked = result(
  100,
  'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)\nE: Unable to acquire the dpkg frontend lock',
);

it('a simulation tells what is added from what is upgraded', () => {
  const text =
    'The following NEW packages will be installed:\n  nginx\n' +
    'Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])\nInst nginx (1.22.1 Debian:12 [amd64])\nConf libc6 (2.36-10 Debian:12 [amd64])\nConf nginx (1.22.1)\n';
  expect(parseTransaction(text)).toEqual({ added: ['nginx'], upgraded: ['libc6'] });
});

it('who holds the lock is told in words', () => {
  expect(lockHolder(locked)).toBe('process 4711 (unattended-upgr)');
  expect(lockHolder(result(100, 'E: Could not get lock /var/lib/apt/lists/lock. It is'))).toBe(
    '/var/lib/apt/lists/lock',
  );
  expect(lockHolder(result(0))).toBeUndefined();
});

it.each([
  ['no-network', result(100, "E: Failed to fetch http://x  Temporary failure resolving 'packages.example'")],
  [
    'no-network',
    result(0, "W: Failed to fetch http://x/InRelease  Could not resolve 'x'\nW: Some index files failed to download."),
  ],
  ['packages-stale', result(100, 'E: Failed to fetch http://x/a.deb  404  Not Found [IP: 1.2.3.4 80]')],
  ['disk-full', result(100, "E: You don't have enough free space in /var/cache/apt/archives/.")],
  [
    'packages-broken',
    result(100, "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."),
  ],
  ['installation-failed', result(100, 'E: Sub-process /usr/bin/dpkg returned an error code (1)')],
])('a failure is told apart: %s', (code, failure) => {
  expect(failureOf(failure)).toMatchObject({ code, remedy: expect.any(String) });
});

it('a success with warnings of other kinds is a success', () => {
  expect(failureOf(result(0, 'W: Target Packages is configured multiple times'))).toBeUndefined();
});

it("another one's lock is waited for, and told once", async () => {
  const answers = [locked, locked, result(0)];
  const messages: Message[] = [];
  const privileged: Privileged = async () => answers.shift() ?? result(0);
  await aptGet(['install', 'x'], { privileged, report: (message) => messages.push(message), lockRetryMs: 5 });
  expect(answers).toEqual([]);
  expect(messages).toEqual([
    { kind: 'note', level: 'info', text: 'Waiting for the package manager: process 4711 (unattended-upgr).' },
  ]);
});

it('a lock that is never given up is an error that names its holder', async () => {
  const privileged: Privileged = async () => locked;
  await expect(
    aptGet(['update'], { privileged, report: () => {}, lockWaitMs: 20, lockRetryMs: 5 }),
  ).rejects.toMatchObject({
    code: 'packages-locked',
    message: expect.stringContaining('4711'),
  });
});

it('Ctrl-C ends the wait for a lock', async () => {
  const abort = new AbortController();
  const privileged: Privileged = async () => {
    abort.abort(new Error('Ctrl-C'));
    return locked;
  };
  await expect(aptGet(['update'], { privileged, report: () => {}, signal: abort.signal })).rejects.toThrow();
});

it('services are found among files of packages, templates left out', () => {
  expect(
    servicesIn([
      '/lib/systemd/system/nginx.service',
      '/usr/lib/systemd/system/phpsessionclean.timer',
      '/lib/systemd/system/php@.service',
      '/etc/init.d/nginx',
      '/etc/init.d',
      '/usr/share/doc/nginx/nginx.service',
    ]),
  ).toEqual({ units: ['nginx.service', 'phpsessionclean.timer'], scripts: ['nginx'] });
});
