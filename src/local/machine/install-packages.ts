import { hasCode, UnderstudyError } from '../../output/errors.js';
import { reportTask } from '../../output/messages.js';
import { type AptOptions, aptGet, simulate, type Transaction, wordpressTheme } from './apt.js';
import type { PlannedPackage } from './installation-plan.js';
import { wordpressPackage } from './requirements.js';
import { findGuard, placeGuard, removeGuard } from './service-guard.js';
import { disableServices } from './services.js';

/** A configuration file that its user has changed stays as it is: nobody is there to be asked. */
const keepConfiguration = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];

/**
 * Installs packages without letting their services start or stay enabled.
 * @throws as installMissing
 */
export async function installPackages(planned: readonly PlannedPackage[], options: AptOptions): Promise<void> {
  const { privileged, report, signal } = options;
  if (planned.length === 0) return;
  const { names, transaction } = await settle(planned, options);
  await reportTask(report, 'packages-download', `Downloading ${countOf(transaction)}`, () =>
    downloadFresh(['--no-install-recommends', '--download-only', 'install', ...names], options),
  );
  signal?.throwIfAborted();
  const guard = await placeGuard(transaction.added, privileged);
  try {
    // Not to be stopped any more: a package manager that is killed leaves a machine to be repaired by hand.
    await reportTask(report, 'packages-install', `Installing ${names.join(', ')}`, () =>
      aptGet([...keepConfiguration, '--no-install-recommends', 'install', ...names], {
        privileged,
        report,
        env: guard.env,
      }),
    );
  } finally {
    await disableServices(guard.packages, privileged);
    await removeGuard(privileged);
  }
}

/**
 * After a crash in the middle: packages that were unpacked are configured, still without starting anything, their
 * services disabled, the guard removed.
 */
export async function finishInterrupted({ privileged, report, signal }: AptOptions): Promise<void> {
  const guard = findGuard();
  if (guard) {
    report({ kind: 'note', level: 'warning', text: 'An installation was interrupted; it is being finished first.' });
    // Waits for the package manager that may still be at it.
    await aptGet(['check'], { privileged, report, signal });
    await privileged('dpkg', ['--configure', '-a'], {
      env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C', ...guard.env },
      deadlineMs: 10 * 60_000,
    });
    await disableServices(guard.packages, privileged);
  }
  await removeGuard(privileged);
}

interface Settled {
  readonly names: readonly string[];
  readonly transaction: Transaction;
}

/** What is to be installed exactly. The lists of packages are fetched only if they do not know it. */
async function settle(planned: readonly PlannedPackage[], options: AptOptions): Promise<Settled> {
  const known = await trySettle(planned);
  if (known) return known;
  await updateLists(options);
  const settled = await trySettle(planned);
  if (settled) return settled;
  throw new UnderstudyError({
    code: 'packages-unknown',
    message: `This system has no packages ${planned.map(({ name }) => name).join(', ')}, or cannot install them together.`,
    remedy: `Try \`apt-get -s install ${planned.map(({ name }) => name).join(' ')}\`, which tells what is in the way.`,
  });
}

async function trySettle(planned: readonly PlannedPackage[]): Promise<Settled | undefined> {
  const wanted = planned.map(({ name }) => name);
  const theme = wanted.includes(wordpressPackage.name) ? await wordpressTheme() : undefined;
  const names = theme === undefined ? wanted : [...wanted, theme];
  const transaction = await simulate(names);
  if (!transaction) return undefined;
  const apache = transaction.added.find((name) => /^(apache2|libapache2-mod-php)/.test(name));
  if (apache) {
    throw new UnderstudyError({
      code: 'packages-conflict',
      message: `Installing ${names.join(', ')} would bring ${apache}, a second web server.`,
      remedy: 'Install nginx and php-fpm first, or name a WordPress with app.source in the definition.',
    });
  }
  return { names, transaction };
}

function updateLists(options: AptOptions): Promise<void> {
  return reportTask(options.report, 'packages-update', 'Fetching the lists of packages', () =>
    aptGet(['update'], { ...options, mayStop: true }),
  );
}

/** Downloads, once more with new lists if the present ones name versions that are gone. */
async function downloadFresh(args: readonly string[], options: AptOptions): Promise<void> {
  try {
    await aptGet(args, { ...options, mayStop: true });
  } catch (error) {
    if (!hasCode(error, 'packages-stale')) throw error;
    await updateLists(options);
    await aptGet(args, { ...options, mayStop: true });
  }
}

function countOf({ added, upgraded }: Transaction): string {
  const count = added.length + upgraded.length;
  return count === 1 ? '1 package' : `${count} packages`;
}
