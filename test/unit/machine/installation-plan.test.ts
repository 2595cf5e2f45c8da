import { expect, it } from 'vitest';
import { judge } from '../../../src/local/machine/doctor.js';
import { planInstallation } from '../../../src/local/machine/installation-plan.js';
import { debian12, freshDebian12, withProgram } from './facts-of.js';

const packages = (facts: typeof debian12) => planInstallation(judge(facts)).map(({ name }) => name);

it('a machine with everything needs nothing', () => {
  expect(packages(debian12)).toEqual([]);
});

it('a fresh machine without a network to wordpress.org needs all, each once, PHP by its plain names', () => {
  expect(packages(freshDebian12)).toEqual([
    'mariadb-server-core',
    'mariadb-backup',
    'mariadb-client-core',
    'mariadb-client',
    'haproxy',
    'nginx',
    'php-fpm',
    'php-cli',
    'mkcert',
    'zstd',
    'prometheus',
    'prometheus-alertmanager',
    'prometheus-mysqld-exporter',
    'php-mysql',
    'php-apcu',
    'php-gd',
    'php-xml',
    'php-mbstring',
    'php-curl',
    'php-intl',
    'php-zip',
    'wordpress',
    'php',
  ]);
});

it('a package that brings two things says both', () => {
  const plan = planInstallation(judge(freshDebian12));
  expect(plan[0]).toEqual({
    name: 'mariadb-server-core',
    because: ['mariadbd: the database servers', 'mariadb-install-db: preparing a data directory'],
  });
});

it('a missing extension is that of the PHP that is here', () => {
  expect(packages({ ...debian12, phpExtensions: judgeless('apcu') })).toEqual(['php8.2-apcu']);
});

it('what is too old is not replaced', () => {
  expect(packages(withProgram('mariadbd', '10.5.1'))).toEqual([]);
});

it("without PHP's plain package beside it, WordPress's is never asked for", () => {
  expect(packages({ ...debian12, wordpress: 'needed' })).toEqual(['wordpress', 'php']);
});

function judgeless(extension: string): readonly string[] {
  return (debian12.phpExtensions ?? []).filter((name) => name !== extension);
}
