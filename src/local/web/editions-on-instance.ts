import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import { releasePaths } from '../files/local-release-archive.js';
import { type Layout, paths } from '../layout.js';
import type { Hosts } from '../network/hosts.js';
import { runAgent } from './agent.js';
import { editionFile } from './edition-file.js';
import type { WebInstance } from './web-instance.js';

export interface EditionOnInstance {
  readonly instance: WebInstance;
  readonly edition: Edition;
  readonly hosts: Hosts;
  readonly layout: Layout;
}

/** Unpacks an edition on an instance, from the archive of releases. May be repeated. */
export async function prepareEdition(what: EditionOnInstance, signal?: AbortSignal): Promise<void> {
  const { instance, edition, layout } = what;
  await runAgent(
    'prepare',
    instance.envFile,
    [
      ...['--edition', String(edition.id)],
      ...['--manifest', releasePaths.manifest(layout.stateDir, edition.release)],
      ...['--packs', releasePaths.packs(layout.stateDir)],
      ...['--edition-file', await writeEditionFile(what)],
    ],
    signal,
  );
}

/** Changes who may answer for an edition that is on the instance. */
export async function reviseEdition(what: EditionOnInstance): Promise<void> {
  const args = ['--edition', String(what.edition.id), '--edition-file', await writeEditionFile(what)];
  await runAgent('revise', what.instance.envFile, args);
}

/**
 * @param at milliseconds since 1970; one that has passed means at once
 * @returns when the link was renamed, in milliseconds since 1970
 */
export async function switchEdition(instance: WebInstance, edition: number, at: number): Promise<number> {
  const when = at > 0 ? ['--at', String(at)] : [];
  await runAgent('switch', instance.envFile, ['--edition', String(edition), ...when]);
  return (await lstat(join(instance.root, 'current'))).ctimeMs;
}

async function writeEditionFile({ instance, edition, hosts, layout }: EditionOnInstance): Promise<string> {
  // One for each instance: they are prepared at the same time.
  const file = `${paths.editionFile(layout, edition.id)}.${instance.id}`;
  await writeFileAtomic(file, editionFile(edition, hosts));
  return file;
}

/** The edition that an instance serves, told from the link itself: what is served is what it points to. */
export async function editionOn(instance: WebInstance): Promise<number | undefined> {
  try {
    const id = Number((await readlink(join(instance.root, 'current'))).split('/').at(-1));
    return id === 0 ? undefined : id;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
