import { describe, expect, it } from 'vitest';
import { type DoctorReport, judge } from '../../../src/local/machine/doctor.js';
import { planInstallation } from '../../../src/local/machine/installation-plan.js';
import type { SystemFacts } from '../../../src/local/machine/system.js';
import { parseOsRelease } from '../../../src/local/machine/system.js';
import { debian12, freshDebian12, withProgram } from './facts-of.js';

const requirement = (report: DoctorReport, name: string) => report.requirements.find((one) => one.name === name);
const check = (report: DoctorReport, id: string) => report.checks.find((one) => one.id === id);

describe('the verdict on a machine', () => {
  it('with everything on Debian 12 is ready, all of it good', () => {
    const report = judge(debian12);
    expect(report.ready).toBe(true);
    expect(report.system.verdict).toBe('tested');
    expect(report.requirements.filter(({ verdict }) => verdict !== 'good')).toEqual([]);
  });

  it('without the programs of monitoring is ready all the same, and says what nobody does then', () => {
    const report = judge(withProgram('prometheus', undefined));
    expect(report.ready).toBe(true);
    expect(requirement(report, 'prometheus')).toMatchObject({ verdict: 'missing', optional: true });
    expect(planInstallation(report)).toEqual([
      { name: 'prometheus', because: ['prometheus: measuring, and raising alarms'] },
    ]);
  });

  it('crosses a process boundary unchanged', () => {
    for (const facts of [debian12, freshDebian12, withProgram('tar', undefined)]) {
      const report = judge(facts);
      expect(JSON.parse(JSON.stringify(report))).toStrictEqual(report);
    }
  });

  it('fresh is not ready, and every missing thing has a purpose and a package', () => {
    const report = judge(freshDebian12);
    expect(report.ready).toBe(false);
    const missing = report.requirements.filter(({ verdict }) => verdict === 'missing');
    expect(missing.map(({ name }) => name)).toContain('nginx');
    for (const one of missing)
      expect([one.name, one.purpose !== '', one.package !== undefined]).toEqual([one.name, true, true]);
  });

  it.each<[string, Parameters<typeof withProgram>, string, boolean]>([
    ['a newer series is untested, and may run', ['haproxy', '3.0.1'], 'untested', true],
    ['an older series that can work is untested, and may run', ['nginx', '1.18.0'], 'untested', true],
    ['one that is too old stops it', ['mariadbd', '10.6.18'], 'old', false],
    ['a one-digit minor is less than a two-digit one', ['mariadbd', '10.9.1'], 'old', false],
    ['a series is not told by its beginning', ['haproxy', '2.60.1'], 'untested', true],
    ['a missing one stops it', ['zstd', undefined], 'missing', false],
  ])('%s', (_, [id, version], verdict, ready) => {
    const report = judge(withProgram(id, version));
    expect(requirement(report, id)?.verdict).toBe(verdict);
    expect(report.ready).toBe(ready);
  });

  it('a version that cannot be read is untested', () => {
    const report = judge({
      ...debian12,
      programs: { ...debian12.programs, tar: { path: '/bin/tar', version: undefined } },
    });
    expect(requirement(report, 'tar')).toMatchObject({ verdict: 'untested', path: '/bin/tar' });
    expect(report.ready).toBe(true);
  });

  it.each([
    ['20.18.3', 'old', false],
    ['20.19.0', 'good', true],
    ['24.1.0', 'untested', true],
  ])('Node %s is %s', (nodeVersion, verdict, ready) => {
    const report = judge({ ...debian12, nodeVersion });
    expect(requirement(report, 'node')?.verdict).toBe(verdict);
    expect(report.ready).toBe(ready);
  });

  it('an extension that is not loaded names the package of the PHP that is here', () => {
    const report = judge({ ...debian12, phpSeries: '8.4', phpExtensions: ['mysqli'] });
    expect(requirement(report, 'PHP extension apcu')).toMatchObject({ verdict: 'missing', package: 'php8.4-apcu' });
    expect(requirement(report, 'PHP extension mysqli')?.verdict).toBe('good');
  });

  it("WordPress's package is not asked for where wordpress.org can be reached", () => {
    expect(requirement(judge({ ...debian12, wordpress: 'reachable' }), 'WordPress')).toBeUndefined();
    expect(requirement(judge({ ...debian12, wordpress: 'not-asked' }), 'WordPress')).toBeUndefined();
    expect(judge({ ...debian12, wordpress: 'needed' }).ready).toBe(false);
  });
});

describe('the verdict on a system', () => {
  const on = (system: Partial<SystemFacts>) => judge({ ...debian12, system: { ...debian12.system, ...system } });

  it.each<[string, Partial<SystemFacts>, string, boolean]>([
    ['Debian 13', { version: '13' }, 'likely', true],
    ['Debian testing', { version: '' }, 'likely', true],
    ['Debian 11', { version: '11' }, 'by-hand', true],
    ['Ubuntu 24.04', { id: 'ubuntu', version: '24.04' }, 'likely', true],
    ['Ubuntu 26.04', { id: 'ubuntu', version: '26.04' }, 'likely', true],
    ['Ubuntu 22.04', { id: 'ubuntu', version: '22.04' }, 'by-hand', true],
    ['Mint', { id: 'linuxmint', version: '22' }, 'by-hand', true],
    ['Fedora', { id: 'fedora', version: '43', hasApt: false }, 'by-hand', true],
    ['macOS', { platform: 'darwin', id: '', version: '', hasApt: false }, 'cannot', false],
    ['Windows', { platform: 'win32', id: '', version: '', hasApt: false }, 'cannot', false],
  ])('%s', (_, system, verdict, ready) => {
    const report = on(system);
    expect([report.system.verdict, report.ready]).toEqual([verdict, ready]);
  });

  it('that cannot run the platform says what still works', () => {
    expect(on({ platform: 'darwin' }).system.advice).toMatch(/On darwin, .*checking a definition.*--help/);
  });

  it('is read from os-release with and without quotes', () => {
    const text = 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n';
    expect(parseOsRelease(text)).toEqual({ id: 'ubuntu', version: '24.04', name: 'Ubuntu 24.04.1 LTS' });
    expect(parseOsRelease("ID='alpine'\n")).toEqual({ id: 'alpine', version: '', name: 'alpine' });
  });
});

describe('what else the machine needs', () => {
  it.each([
    ['proc', { hasProc: false }],
    ['loopback', { loopbackError: 'listen EADDRNOTAVAIL' }],
    ['disk', { disk: { path: '/', freeBytes: 1024 ** 3 } }],
  ])('without %s it is not ready, and told what to do', (id, facts) => {
    const report = judge({ ...debian12, ...facts });
    expect(report.ready).toBe(false);
    expect(check(report, id)).toMatchObject({ ok: false, remedy: expect.any(String) });
  });

  it('missing accounts are told, and do not stop it: up makes them', () => {
    const report = judge({ ...debian12, missingAccounts: ['db', 'prod'] });
    expect(check(report, 'accounts')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('understudy-db, understudy-prod'),
    });
    expect(report.ready).toBe(true);
  });

  it('accounts are no matter when not root', () => {
    expect(check(judge({ ...debian12, missingAccounts: undefined }), 'accounts')).toBeUndefined();
  });
});
