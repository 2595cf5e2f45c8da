import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusal, UnderstudyError } from '../../output/errors.js';
import type { Report } from '../../output/messages.js';
import { acquireLock } from '../../state/lock.js';
import { ensureAccounts } from './accounts.js';
import { simulate } from './apt.js';
import { type DoctorReport, examine } from './doctor.js';
import type { GatherOptions } from './facts.js';
import { finishInterrupted, installPackages } from './install-packages.js';
import { type PlannedPackage, planInstallation } from './installation-plan.js';
import { gainPrivileges } from './privileged.js';
import { findGuard } from './service-guard.js';

export interface InstallOptions {
  /** What doctor saw: what it lacks is installed. */
  readonly report: DoctorReport;
  /** How to look again afterwards. */
  readonly gather: GatherOptions;
  /** Asked before anything is installed, with each package and why. Absent with --yes, and where nobody can be asked. */
  readonly confirm?: ((packages: readonly PlannedPackage[]) => Promise<boolean>) | undefined;
  readonly say: Report;
  /** Stops it before the packages are unpacked; from then on they are finished, which takes seconds. */
  readonly signal?: AbortSignal | undefined;
}

export interface InstallOutcome {
  readonly installed: readonly string[];
  readonly accounts: readonly string[];
  /** What doctor sees now. */
  readonly report: DoctorReport;
}

/**
 * Installs what this machine lacks, and leaves no service of the distribution running or enabled that was not before.
 * May be repeated: with nothing missing it changes nothing, and what a crash left behind is tidied up first.
 * @throws codes `platform-unsupported`, `declined`, `root-needed`, `apt-missing` (refused: nothing was changed);
 *   `packages-unknown`, `packages-conflict` and those of apt.ts; `machine-not-ready` if something still lacks afterwards
 */
export async function installMissing(options: InstallOptions): Promise<InstallOutcome> {
  const { report, say, signal } = options;
  refuseUnsupported(report);
  const planned = planInstallation(report);
  const leftover = findGuard() !== undefined;
  if (planned.length > 0 || leftover) {
    if (report.system.verdict === 'by-hand' && !(await hasApt())) throw aptMissing(planned);
    const privileged = await gainPrivileges();
    if (planned.length > 0 && options.confirm && !(await options.confirm(planned))) throw declined();
    const lock = await acquireLock(join(tmpdir(), 'understudy-install.lock'), {
      why: 'installing packages',
      waitMs: 600_000,
      ...(signal ? { signal } : {}),
    });
    try {
      await finishInterrupted({ privileged, report: say, signal });
      await installPackages(planned, { privileged, report: say, signal });
    } finally {
      await lock.release();
    }
  }
  const accounts = await ensureAccounts();
  const after = await examine(options.gather);
  if (!after.ready) throw notReady(after);
  return { installed: planned.map(({ name }) => name), accounts, report: after };
}

async function hasApt(): Promise<boolean> {
  return (await simulate([]).catch(() => undefined)) !== undefined;
}

function refuseUnsupported({ system }: DoctorReport): void {
  if (system.verdict !== 'cannot') return;
  throw refusal({
    code: 'platform-unsupported',
    message: `The local platform cannot run on ${system.name}.`,
    remedy: system.advice,
  });
}

function aptMissing(planned: readonly PlannedPackage[]) {
  return refusal({
    code: 'apt-missing',
    message: `This system has no apt; it lacks ${planned.flatMap(({ because }) => because).join(', ')}.`,
    remedy: 'Install them with the package manager of this system, and run `understudy doctor`.',
  });
}

function declined() {
  return refusal({
    code: 'declined',
    message: 'Nothing was installed.',
    remedy: 'Run `understudy doctor` to see what is missing.',
  });
}

function notReady({ requirements, checks }: DoctorReport) {
  const lacking = [
    ...requirements
      .filter(({ verdict, optional }) => !optional && (verdict === 'old' || verdict === 'missing'))
      .map(({ name, verdict, version, minimum }) =>
        verdict === 'old' ? `${name} ${version} is older than ${minimum}` : `${name} is missing`,
      ),
    ...checks.filter(({ ok, blocking }) => blocking && !ok).map(({ detail }) => detail),
  ];
  return new UnderstudyError({
    code: 'machine-not-ready',
    message: `This machine cannot run the platform yet: ${lacking.join('; ')}.`,
    remedy: 'Run `understudy doctor`, which says what helps for each.',
  });
}
