import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { messageOf } from '../../output/errors.js';
import { deadlineSignal } from '../../process/deadline.js';
import { run } from '../../process/run.js';
import { type AccountRole, missingAccounts } from './accounts.js';
import { find, findPrograms, searchFolders } from './find-programs.js';
import { type AnyProgramId, programRequirements, wordpressPackage } from './requirements.js';
import { parseOsRelease, type SystemFacts } from './system.js';
import { versionIn } from './version.js';

/** What was seen of a program. */
export interface ProgramFacts {
  readonly path: string;
  /** Undefined if it did not tell one that can be read. */
  readonly version: string | undefined;
}

/** What doctor looks at. Plain data, so that its judgement can be tried on any machine that one can think of. */
export interface MachineFacts {
  readonly system: SystemFacts;
  readonly nodeVersion: string;
  readonly programs: Readonly<Partial<Record<AnyProgramId, ProgramFacts>>>;
  readonly phpSeries: string | undefined;
  /** Extensions that PHP-FPM and the command line both load; undefined without PHP. */
  readonly phpExtensions: readonly string[] | undefined;
  /** Whether the distribution's WordPress is here, and whether one can do without. */
  readonly wordpress: 'installed' | 'reachable' | 'needed' | 'not-asked';
  readonly hasProc: boolean;
  /** Why an address such as 127.200.0.1 cannot be listened on; undefined if it can. */
  readonly loopbackError: string | undefined;
  readonly disk: { readonly path: string; readonly freeBytes: number };
  /** The roles whose account is missing; undefined when not root, and none is needed. */
  readonly missingAccounts: readonly AccountRole[] | undefined;
}

export interface GatherOptions {
  /** Where the platform's state lies, or will. */
  readonly stateDir: string;
  /** Whether WordPress has to come from somewhere: the definition's source is `auto`. Default true. */
  readonly needsWordpress?: boolean;
  /** How long a program may take to tell its version. Default 10 s. */
  readonly versionDeadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** How programs are asked. */
interface Asking {
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Looks at this machine. Changes nothing, and takes a second at most, four without a network. */
export async function gatherFacts(options: GatherOptions): Promise<MachineFacts> {
  const { stateDir, needsWordpress = true, versionDeadlineMs = 10_000, signal } = options;
  const asking: Asking = { deadlineMs: versionDeadlineMs, signal };
  const folders = searchFolders();
  const { paths, phpSeries } = findPrograms(folders);
  const [programs, phpExtensions, wordpress, loopbackError, disk] = await Promise.all([
    askVersions(paths, asking),
    loadedExtensions(paths.phpFpm, paths.php, asking),
    needsWordpress ? wordpressFacts(signal) : ('not-asked' as const),
    tryLoopback(),
    diskFacts(stateDir),
  ]);
  return {
    system: systemFacts(folders),
    nodeVersion: process.versions.node,
    programs,
    phpSeries,
    phpExtensions,
    wordpress,
    hasProc: existsSync('/proc/self/stat'),
    loopbackError,
    disk,
    missingAccounts: process.getuid?.() === 0 && existsSync('/etc/passwd') ? missingAccounts() : undefined,
  };
}

function systemFacts(folders: readonly string[]): SystemFacts {
  const file = '/etc/os-release';
  const os = existsSync(file)
    ? parseOsRelease(readFileSync(file, 'utf8'))
    : { id: '', version: '', name: process.platform };
  const hasApt = find('apt-get', folders) !== undefined && find('dpkg-query', folders) !== undefined;
  return { platform: process.platform, ...os, hasApt };
}

async function askVersions(
  paths: Readonly<Partial<Record<AnyProgramId, string>>>,
  asking: Asking,
): Promise<MachineFacts['programs']> {
  const versions = new Map<AnyProgramId, string | undefined>();
  await Promise.all(
    programRequirements.map(async ({ id, version }) => {
      const path = paths[id];
      if (path === undefined || version === undefined) return;
      versions.set(id, versionIn(await said(path, version.args, asking), version.pattern));
    }),
  );
  const entries = programRequirements.flatMap(({ id, versionOf }) => {
    const path = paths[id];
    return path === undefined ? [] : [[id, { path, version: versions.get(versionOf ?? id) }] as const];
  });
  return Object.fromEntries(entries);
}

/** What a program prints on either output; empty if it fails, which doctor tells as an unknown version. */
async function said(path: string, args: readonly string[], { deadlineMs, signal }: Asking): Promise<string> {
  try {
    const { stdout, stderr } = await run(path, args, { deadlineMs, graceMs: 500, env: { LC_ALL: 'C' }, signal });
    return `${stdout}\n${stderr}`;
  } catch {
    signal?.throwIfAborted();
    return '';
  }
}

async function loadedExtensions(
  phpFpm: string | undefined,
  php: string | undefined,
  asking: Asking,
): Promise<readonly string[] | undefined> {
  if (phpFpm === undefined || php === undefined) return undefined;
  const [inFpm, onCommandLine] = await Promise.all([said(phpFpm, ['-m'], asking), said(php, ['-m'], asking)]);
  const lines = new Set(onCommandLine.split('\n'));
  return inFpm.split('\n').filter((line) => line !== '' && !line.startsWith('[') && lines.has(line));
}

async function wordpressFacts(signal: AbortSignal | undefined): Promise<MachineFacts['wordpress']> {
  if (hasWordpressPackage()) return 'installed';
  try {
    await fetch('https://wordpress.org/', {
      method: 'HEAD',
      signal: deadlineSignal(4_000, signal),
    });
    return 'reachable';
  } catch {
    signal?.throwIfAborted();
    return 'needed';
  }
}

/** The package has no theme of its own, and WordPress shows nothing without one. */
function hasWordpressPackage(): boolean {
  const { folder } = wordpressPackage;
  const themes = join(folder, 'wp-content/themes');
  if (!existsSync(join(folder, 'wp-includes/version.php')) || !existsSync(themes)) return false;
  return readdirSync(themes).some((theme) => existsSync(join(themes, theme, 'style.css')));
}

/** macOS, for one, has 127.0.0.1 alone. */
async function tryLoopback(): Promise<string | undefined> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.200.0.1', port: 0 }, resolve);
    });
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    server.close();
  }
}

async function diskFacts(stateDir: string): Promise<MachineFacts['disk']> {
  let path = stateDir;
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  const { bavail, bsize } = await statfs(path);
  return { path, freeBytes: bavail * bsize };
}
