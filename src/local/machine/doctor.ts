import { accountName } from './accounts.js';
import { type GatherOptions, gatherFacts, type MachineFacts } from './facts.js';
import { nodeRequirement, phpExtensions, programRequirements, wordpressPackage } from './requirements.js';
import { judgeSystem, type SystemReport } from './system.js';
import { isAtLeast, isOfSeries } from './version.js';

/** `untested`: new enough, but not the series that the tests run on, or of no version that can be read. */
export type Verdict = 'good' | 'untested' | 'old' | 'missing';

export interface RequirementReport {
  readonly name: string;
  readonly purpose: string;
  readonly verdict: Verdict;
  readonly version?: string;
  readonly path?: string;
  readonly minimum?: string;
  readonly tested?: string;
  /** Whether the platform runs without it: then `purpose` is what nobody does. */
  readonly optional?: true;
  /** The package to install; absent where a package is not the way. */
  readonly package?: string;
}

export interface CheckReport {
  readonly id: 'proc' | 'loopback' | 'disk' | 'accounts';
  readonly ok: boolean;
  /** Whether the platform cannot start without it. */
  readonly blocking: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

export interface DoctorReport {
  /** Whether the local platform can run on this machine as it is. */
  readonly ready: boolean;
  readonly system: SystemReport;
  readonly requirements: readonly RequirementReport[];
  readonly checks: readonly CheckReport[];
}

const neededBytes = 2 * 1024 ** 3;

/** Looks at this machine and judges whether it can run the platform. Changes nothing. */
export async function examine(options: GatherOptions): Promise<DoctorReport> {
  return judge(await gatherFacts(options));
}

export function judge(facts: MachineFacts): DoctorReport {
  const system = judgeSystem(facts.system);
  const requirements = [
    judgeNode(facts.nodeVersion),
    ...judgePrograms(facts),
    ...judgeExtensions(facts),
    ...judgeWordpress(facts),
  ];
  const checks = judgeMachine(facts);
  const ready =
    system.verdict !== 'cannot' &&
    requirements.every(({ verdict, optional }) => optional || verdict === 'good' || verdict === 'untested') &&
    checks.every(({ ok, blocking }) => ok || !blocking);
  return { ready, system, requirements, checks };
}

function judgeNode(version: string): RequirementReport {
  const { minimum, tested } = nodeRequirement;
  const verdict = verdictOn(version, minimum, tested);
  return { name: 'node', purpose: 'this program', verdict, version, path: process.execPath, minimum, tested };
}

function verdictOn(version: string | undefined, minimum: string, tested: string): Verdict {
  if (version === undefined) return 'untested';
  if (!isAtLeast(version, minimum)) return 'old';
  return isOfSeries(version, tested) ? 'good' : 'untested';
}

function judgePrograms({ programs, phpSeries }: MachineFacts): RequirementReport[] {
  return programRequirements.map(({ id, name, purpose, minimum, tested, package: plain, optional }) => {
    const found = programs[id];
    const base = {
      name,
      purpose,
      minimum,
      tested,
      package: versioned(plain, phpSeries),
      ...(optional ? { optional } : {}),
    };
    if (!found) return { ...base, verdict: 'missing' };
    const { path, version } = found;
    const verdict = verdictOn(version, minimum, tested);
    return { ...base, verdict, path, ...(version === undefined ? {} : { version }) };
  });
}

/** `php-cli` is `php8.2-cli` beside a PHP-FPM 8.2; on a machine without PHP, the plain name brings the distribution's own. */
function versioned(name: string, phpSeries: string | undefined): string {
  return phpSeries === undefined ? name : name.replace(/^php-/, `php${phpSeries}-`);
}

function judgeExtensions({ phpExtensions: loaded, phpSeries }: MachineFacts): RequirementReport[] {
  return phpExtensions.map(({ name, purpose, package: suffix }) => ({
    name: `PHP extension ${name}`,
    purpose,
    verdict: loaded?.includes(name) ? 'good' : 'missing',
    // Without PHP, OPcache comes with it, and has no package under a plain name.
    package: suffix === 'opcache' && phpSeries === undefined ? 'php-fpm' : versioned(`php-${suffix}`, phpSeries),
  }));
}

function judgeWordpress({ wordpress }: MachineFacts): RequirementReport[] {
  if (wordpress === 'not-asked' || wordpress === 'reachable') return [];
  const purpose = 'WordPress itself, where wordpress.org cannot be reached';
  const { name, folder } = wordpressPackage;
  return [
    wordpress === 'installed'
      ? { name: 'WordPress', purpose, verdict: 'good', path: folder, package: name }
      : { name: 'WordPress', purpose, verdict: 'missing', package: name },
  ];
}

function judgeMachine({ hasProc, loopbackError, disk, missingAccounts }: MachineFacts): CheckReport[] {
  const checks: CheckReport[] = [
    hasProc
      ? { id: 'proc', ok: true, blocking: true, detail: '/proc is there' }
      : {
          id: 'proc',
          ok: false,
          blocking: true,
          detail: '/proc is not there',
          remedy: 'Mount it: processes are told apart by it.',
        },
    loopbackError === undefined
      ? { id: 'loopback', ok: true, blocking: true, detail: 'addresses of 127.0.0.0/8 can be listened on' }
      : {
          id: 'loopback',
          ok: false,
          blocking: true,
          detail: `127.200.0.1 cannot be listened on: ${loopbackError}`,
          remedy:
            'Each host of the platform has an address of 127.0.0.0/8; bring the loopback interface up with all of it.',
        },
    judgeDisk(disk),
  ];
  if (missingAccounts === undefined) return checks;
  const names = missingAccounts.map(accountName).join(', ');
  const accounts: CheckReport =
    missingAccounts.length === 0
      ? { id: 'accounts', ok: true, blocking: false, detail: 'the system accounts for servers exist' }
      : {
          id: 'accounts',
          ok: false,
          blocking: false,
          detail: `the system accounts ${names} do not exist`,
          remedy: '`understudy up` and `understudy doctor --install` make them.',
        };
  return [...checks, accounts];
}

function judgeDisk({ path, freeBytes }: MachineFacts['disk']): CheckReport {
  const detail = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free at ${path}`;
  return freeBytes >= neededBytes
    ? { id: 'disk', ok: true, blocking: true, detail }
    : {
        id: 'disk',
        ok: false,
        blocking: true,
        detail,
        remedy: 'Free some: four databases and five releases need 2 GiB.',
      };
}
