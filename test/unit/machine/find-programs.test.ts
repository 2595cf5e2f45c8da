import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPrograms, locatePrograms, searchFolders } from '../../../src/local/machine/find-programs.js';
import { programRequirements } from '../../../src/local/machine/requirements.js';
import { isAtLeast, isOfSeries, versionIn } from '../../../src/local/machine/version.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-find-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(...names: string[]): void {
  for (const name of names) writeFileSync(join(folder, name), '#!/bin/sh\n', { mode: 0o755 });
}

it('the newest PHP-FPM is taken, by number and not by letter, with the command line of the same version', () => {
  program('php-fpm8.2', 'php8.2', 'php-fpm8.10', 'php8.10', 'php-fpm8.9', 'php8.9', 'php');
  const { paths, phpSeries } = findPrograms([folder]);
  expect(phpSeries).toBe('8.10');
  expect(paths.phpFpm).toBe(join(folder, 'php-fpm8.10'));
  expect(paths.php).toBe(join(folder, 'php8.10'));
});

it('a PHP-FPM without a version in its name is taken where there is no other', () => {
  program('php-fpm', 'php');
  expect(findPrograms([folder])).toMatchObject({ paths: { phpFpm: join(folder, 'php-fpm') }, phpSeries: undefined });
});

it('a PHP-FPM whose command line is missing leaves that missing', () => {
  program('php-fpm8.2', 'php');
  expect(findPrograms([folder]).paths.php).toBeUndefined();
});

it('a folder and a file that may not be executed are not programs', () => {
  mkdirSync(join(folder, 'nginx'));
  program('haproxy');
  chmodSync(join(folder, 'haproxy'), 0o644);
  expect(findPrograms([folder]).paths).toEqual({});
});

it('all that are missing are named at once, with what they are for and their packages', () => {
  program(...programRequirements.map(({ name }) => name).filter((name) => name !== 'nginx' && name !== 'mkcert'));
  expect(() => locatePrograms([folder])).toThrow(
    expect.objectContaining({
      code: 'program-missing',
      message: expect.stringMatching(/nginx \(the web server .*; package nginx\), mkcert \(.*; package mkcert\)/),
      remedy: expect.stringContaining('doctor --install'),
    }),
  );
  program('nginx', 'mkcert');
  expect(Object.keys(locatePrograms([folder])).sort()).toEqual(programRequirements.map(({ id }) => id).sort());
});

it("system folders are searched though they are not in everybody's PATH, relative ones are not", () => {
  const folders = searchFolders('/usr/bin:.:bin::/opt/x');
  expect(folders.slice(0, 2)).toEqual(['/usr/bin', '/opt/x']);
  expect(folders).toContain('/usr/sbin');
  expect(new Set(folders).size).toBe(folders.length);
});

it.each([
  ['mariadbd', 'mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)', '10.11.19'],
  ['mariadb', 'mariadb  Ver 15.1 Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)', '10.11.19'],
  ['mariadb', 'mariadb from 11.8.3-MariaDB, client 15.2 for debian-linux-gnu (x86_64)', '11.8.3'],
  ['mariadb-backup', 'mariadb-backup based on MariaDB server 10.11.19-MariaDB debian-linux-gnu (x86_64)', '10.11.19'],
  ['haproxy', 'HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/', '2.6.12'],
  ['nginx', '\nnginx version: nginx/1.24.0 (Ubuntu)', '1.24.0'],
  ['php-fpm', 'PHP 8.2.36 (fpm-fcgi) (built: Nov 18 2026 20:02:04)', '8.2.36'],
  ['mkcert', 'v1.4.4', '1.4.4'],
  ['tar', 'tar (GNU tar) 1.34', '1.34'],
  ['tar', 'bsdtar 3.7.2 - libarchive 3.7.2', undefined],
  ['zstd', '*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***', '1.5.4'],
])('the version of %s is read from "%s"', (name, output, version) => {
  const pattern = programRequirements.find((one) => one.name === name)?.version?.pattern;
  expect(versionIn(output, pattern ?? /$^/)).toBe(version);
});

it('versions are compared number by number', () => {
  expect([
    isAtLeast('10.11', '10.9'),
    isAtLeast('10.9.9', '10.11'),
    isAtLeast('8', '8.0'),
    isAtLeast('8', '8.1'),
  ]).toEqual([true, false, true, false]);
  expect([isOfSeries('10.11.2', '10.11'), isOfSeries('10.11.2', '10.1'), isOfSeries('20.1', '20')]).toEqual([
    true,
    false,
    true,
  ]);
});
