import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../../output/errors.js';
import { type AnyProgramId, type MonitoringProgramId, type ProgramId, programRequirements } from './requirements.js';
import { isAtLeast } from './version.js';

/** Absolute paths of the programs that the platform starts. */
export type Programs = Readonly<Record<ProgramId, string> & Partial<Record<MonitoringProgramId, string>>>;

export interface FoundPrograms {
  readonly paths: Readonly<Partial<Record<AnyProgramId, string>>>;
  /** Such as `8.2`: the newest PHP-FPM that is there. Undefined if there is none, or its name does not tell. */
  readonly phpSeries: string | undefined;
}

/**
 * Where the programs are. Asks the file system only, and runs nothing: whether they are good enough, doctor tells.
 * @throws code `program-missing`, listing all that are missing with their packages
 */
export function locatePrograms(folders: readonly string[] = searchFolders()): Programs {
  const { paths } = findPrograms(folders);
  const missing = programRequirements.filter(({ id, optional }) => !optional && paths[id] === undefined);
  if (missing.length > 0) {
    throw new UnderstudyError({
      code: 'program-missing',
      message: `This machine lacks ${missing.map((one) => `${one.name} (${one.purpose}; package ${one.package})`).join(', ')}.`,
      remedy: 'Run `understudy doctor --install`, which installs what is missing.',
    });
  }
  return paths as Programs;
}

/** The folders of PATH, and those of system programs, which are not in the PATH of everybody. */
export function searchFolders(path = process.env.PATH ?? ''): readonly string[] {
  const system = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return [...new Set([...path.split(':').filter((folder) => folder.startsWith('/')), ...system])];
}

export function findPrograms(folders: readonly string[]): FoundPrograms {
  const phpSeries = newestPhp(folders);
  const paths: Partial<Record<AnyProgramId, string>> = {};
  for (const { id, name } of programRequirements) {
    const path = find((id === 'phpFpm' || id === 'php') && phpSeries ? name + phpSeries : name, folders);
    if (path !== undefined) paths[id] = path;
  }
  return { paths, phpSeries };
}

/** Debian's names carry the version: php-fpm8.2 goes with php8.2, whatever the plain name `php` points to. */
function newestPhp(folders: readonly string[]): string | undefined {
  const series = folders
    .flatMap((folder) => namesIn(folder).flatMap((name) => /^php-fpm(\d+\.\d+)$/.exec(name)?.[1] ?? []))
    .filter((one) => find(`php-fpm${one}`, folders) !== undefined);
  return series.sort((a, b) => (a === b ? 0 : isAtLeast(a, b) ? -1 : 1))[0];
}

/** The first file of this name that may be executed. */
export function find(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
