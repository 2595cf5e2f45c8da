import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { accountFor, accountRoles, ensureAccounts, missingAccounts } from '../../../src/local/machine/accounts.js';
import { simulate, wordpressTheme } from '../../../src/local/machine/apt.js';
import { examine, judge } from '../../../src/local/machine/doctor.js';
import { locatePrograms } from '../../../src/local/machine/find-programs.js';
import { installMissing } from '../../../src/local/machine/install.js';
import { planInstallation } from '../../../src/local/machine/installation-plan.js';
import { silent } from '../../../src/output/messages.js';
import { freshDebian12 } from '../../unit/machine/facts-of.js';

const folder = mkdtempSync(join(tmpdir(), 'understudy-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());
const gather = { stateDir: join(folder, 'not', 'made', 'yet') };

describe('on this machine, prepared for tests', () => {
  it('doctor finds everything, with versions and absolute paths', async () => {
    const report = await examine(gather);
    expect(report.requirements.filter(({ verdict }) => verdict === 'missing' || verdict === 'old')).toEqual([]);
    expect(report.ready).toBe(true);
    for (const { name, version } of report.requirements.slice(0, 12))
      expect([name, version]).toEqual([name, expect.any(String)]);
    expect(existsSync(gather.stateDir)).toBe(false);
  });

  it('every program that is located can be executed', () => {
    for (const path of Object.values(locatePrograms())) expect(statSync(path).mode & 0o111).not.toBe(0);
  });

  it('with nothing missing, installing changes nothing and asks nothing', async () => {
    const confirm = vi.fn();
    const outcome = await installMissing({ report: await examine(gather), gather, confirm, say: silent });
    expect(outcome.installed).toEqual([]);
    expect(outcome.report.ready).toBe(true);
    expect(confirm).not.toHaveBeenCalled();
  });

  it('declined, nothing is installed', async () => {
    const report = judge(freshDebian12);
    await expect(installMissing({ report, gather, confirm: async () => false, say: silent })).rejects.toMatchObject({
      code: expect.stringMatching(/^(declined|root-needed)$/),
      kind: 'refused',
    });
  });
});

it('doctor never runs mariadb-install-db: asked for its version, it would initialise a database', async () => {
  const ran = join(folder, 'ran');
  for (const name of ['mariadb-install-db'])
    writeFileSync(join(folder, name), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  const report = await examine(gather);
  expect(report.requirements.find(({ name }) => name === 'mariadb-install-db')?.path).toBe(
    join(folder, 'mariadb-install-db'),
  );
  expect(existsSync(ran)).toBe(false);
});

it('a program that hangs when asked for its version does not hold doctor up for long', async () => {
  writeFileSync(join(folder, 'mkcert'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  const report = await examine({ ...gather, versionDeadlineMs: 300 });
  expect(report.requirements.find(({ name }) => name === 'mkcert')).toMatchObject({ verdict: 'untested' });
});

describe.runIf(existsSync('/usr/bin/apt-get'))('what the package manager would do', () => {
  /** A list of installed packages with nothing in it: what a new machine would get. */
  const nothingInstalled = join(folder, 'status');
  writeFileSync(nothingInstalled, '');
  const options = ['-o', `Dir::State::status=${nothingInstalled}`];

  it('for a fresh machine, WordPress included: no Apache, and no MariaDB service', async () => {
    const wanted = planInstallation(judge(freshDebian12)).map(({ name }) => name);
    const theme = await wordpressTheme();
    const transaction = await simulate(theme === undefined ? wanted : [...wanted, theme], options);
    const added = transaction?.added ?? [];
    expect(added).toEqual(expect.arrayContaining(['nginx', 'haproxy', 'wordpress', 'mariadb-server-core']));
    expect(added.filter((name) => /apache|^mariadb-server$|^default-mysql-server/.test(name))).toEqual([]);
  });

  it('for a package that nobody knows: undefined', async () => {
    expect(await simulate(['no-such-package-of-understudy'])).toBeUndefined();
  });
});

describe.runIf(process.getuid?.() === 0)('system accounts, as root', () => {
  it('are there after being made, by two at once and again', async () => {
    await Promise.all([ensureAccounts(), ensureAccounts()]);
    expect(await ensureAccounts()).toEqual([]);
    expect(missingAccounts()).toEqual([]);
    const ids = accountRoles.map((role) => accountFor(role)?.uid ?? 0);
    expect(new Set(ids).size).toBe(accountRoles.length);
    expect(ids.every((uid) => uid > 0)).toBe(true);
  });
});
